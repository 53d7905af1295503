using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Moe.Checking;

/// <summary>A checkpoint of another one's tensors, some of which stand in for others.</summary>
/// <param name="inner">The other, which stays open.</param>
/// <param name="tensors">The tensors, each with the one of the other that is read for it; <see langword="null"/> for zeros.</param>
/// <param name="companions">The files beside them.</param>
internal sealed class StandIn(ICheckpointReader inner, IReadOnlyList<(TensorInfo Tensor, TensorInfo? Stored)> tensors,
    IReadOnlyList<CompanionFile> companions)
    : DerivedCheckpoint(inner, leaveOpen: true)
{
    private readonly Dictionary<string, TensorInfo?> _stored = tensors.ToDictionary(tensor => tensor.Tensor.Name, tensor => tensor.Stored);

    public override IReadOnlyList<TensorInfo> Tensors { get; } = [.. tensors.Select(tensor => tensor.Tensor)];

    public override IReadOnlyList<CompanionFile> Companions => companions;

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_stored[tensor.Name] is { } stored)
        {
            Inner.Read(stored, firstElement, destination);
        }
        else
        {
            destination.Clear();
        }
    }
}
