using System.Text;
using MergeHost.Checkpoints;

namespace MergeHost.LanguageModel.Tests;

/// <summary>A checkpoint with another <c>config.json</c>, and with a tokenizer if one is named.</summary>
internal sealed class OtherConfig(ICheckpointReader checkpoint, string config, string? tokenizer = null) : ICheckpointReader
{
    public IReadOnlyList<TensorInfo> Tensors => checkpoint.Tensors;

    public IReadOnlyList<CompanionFile> Companions =>
    [
        CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(config)),
        .. tokenizer is null ? (CompanionFile[])[] : [CompanionFile.FromBytes("tokenizer.json", System.IO.File.ReadAllBytes(tokenizer))],
    ];

    public IReadOnlyList<string> WeightFiles => [];

    public IReadOnlyList<Problem> Warnings => [];

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => checkpoint.Read(tensor, firstElement, destination);

    public void Dispose()
    {
    }
}
