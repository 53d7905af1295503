using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;

namespace MergeHost.Plugins.Tests.PyTorch;

/// <summary>A file of real PyTorch, with its tensors as safetensors.</summary>
internal sealed class TorchFixture
{
    private readonly Dictionary<TensorInfo, byte[]> _content = [];

    public TorchFixture(string name)
    {
        Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "pytorch", name, "model");
        using ICheckpointReader reader = new SafetensorsFormat().Open(Path.Combine(Folder, "..", "expected.safetensors"));
        foreach (TensorInfo tensor in reader.Tensors)
        {
            byte[] content = new byte[tensor.LengthBytes];
            reader.Read(tensor, 0, content);
            _content.Add(tensor, content);
        }
    }

    /// <summary>The folder of the files.</summary>
    public string Folder { get; }

    public IReadOnlyList<TensorInfo> Tensors => [.. _content.Keys];

    public byte[] this[TensorInfo tensor] => _content[tensor];
}
