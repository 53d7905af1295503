using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Dcp;

/// <summary>Folders of <c>torch.distributed.checkpoint</c>, in which each rank wrote its pieces: read only, and never run.</summary>
/// <remarks>
/// The model's tensors are put together as they are read, whatever they were cut along. What belongs to an optimizer is left out. PyTorch
/// fills what no piece covers with whatever is in memory; here it is an error.
/// </remarks>
/// <seealso href="https://docs.pytorch.org/docs/stable/distributed.checkpoint.html">The format</seealso>
[CheckpointFormat("dcp", Files = [".metadata", "*.distcp"], Markers = [".metadata", "*.distcp"], Preference = -1)]
public sealed class DcpFormat : ICheckpointFormat
{
    /// <inheritdoc/>
    public ICheckpointReader Open(CheckpointFiles files)
    {
        DcpFolder.Check(files);
        return DcpReader.Open(files);
    }
}
