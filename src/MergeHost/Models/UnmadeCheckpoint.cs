using MergeHost.Checkpoints;

namespace MergeHost.Models;

/// <summary>The headers of a checkpoint that an earlier stage has not made yet.</summary>
internal sealed class UnmadeCheckpoint(IReadOnlyList<TensorInfo> tensors, IReadOnlyList<CompanionFile> companions) : ICheckpointReader
{
    public IReadOnlyList<TensorInfo> Tensors => tensors;

    public IReadOnlyList<CompanionFile> Companions => companions;

    public IReadOnlyList<string> WeightFiles => [];

    public IReadOnlyList<Problem> Warnings => [];

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
        throw new InvalidOperationException($"'{tensor.Name}' is read while planning, before an earlier stage makes it");

    public void Dispose()
    {
    }
}
