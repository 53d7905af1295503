using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.PyTorch;

/// <summary>PyTorch's own files, as <c>torch.save</c> writes them: read only, and without running anything that is in them.</summary>
/// <remarks>
/// A pickle is a program; here it is a list of values. Opcodes and names outside of a short list are refused, by name and place. Tensors
/// are read where they lie in the file.
/// </remarks>
/// <seealso href="https://docs.pytorch.org/docs/stable/notes/serialization.html">How PyTorch saves</seealso>
[CheckpointFormat(
    "pytorch",
    Files = ["*.bin", "*.pt", "*.pth", "*.ckpt", "*.bin.index.json", "*.nemo"],
    Markers =
    [
        "pytorch_model*.bin", "adapter_model.bin", "*.bin.index.json", "model*.bin", "model*.pt", "model*.pth", "consolidated*.pth",
        "*.ckpt",
        "*model_states.pt", "zero_to_fp32.py", "latest", "latest_checkpointed_iteration.txt", "mp_rank_*",
    ],
    Preference = -2)]
public sealed class PyTorchFormat : ICheckpointFormat
{
    /// <inheritdoc/>
    public ICheckpointReader Open(CheckpointFiles files) =>
        PartedCheckpoint.Open(files, part => PyTorchReader.Open(PyTorchFiles.Find(part)));
}
