using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf;

/// <summary>A small tensor that is computed from the configuration, such as the frequencies of
/// scaled positions; it is never merged.</summary>
/// <param name="Info">Name, type and shape.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record MadeTensor(TensorInfo Info, byte[] Content)
{
    private const int MostBytes = 1 << 20;

    /// <summary>Whether a tensor is small enough to go along in memory.</summary>
    public static bool CanBe(TensorInfo info) => info.LengthBytes <= MostBytes;

    /// <summary>Reads a tensor's content.</summary>
    public static MadeTensor Read(GgufTensor tensor, HeaderSource source)
    {
        byte[] content = new byte[tensor.Info.LengthBytes];
        source.Read(tensor.Start, content);
        return new MadeTensor(tensor.Info, content);
    }
}
