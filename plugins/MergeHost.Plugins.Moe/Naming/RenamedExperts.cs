using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Moe.Naming;

/// <summary>A mixture under the other names of its experts.</summary>
internal sealed class RenamedExperts(ICheckpointReader inner, IReadOnlyList<RenamedTensor> tensors, ExpertNames names)
    : DerivedCheckpoint(inner)
{
    private readonly Dictionary<string, RenamedTensor> _byName = tensors.ToDictionary(tensor => tensor.Info.Name);

    public override IReadOnlyList<TensorInfo> Tensors { get; } = [.. tensors.Select(tensor => tensor.Info)];

    // Who asks for fused experts knows.
    public override IReadOnlyList<Problem> Warnings => names == ExpertNames.Fused ? Inner.Warnings :
    [
        .. Inner.Warnings,
        new Problem(ErrorCodes.CheckpointOddity, "experts of a layer are stored in one tensor; they are read and merged one by one",
            "A merge writes them as its base has them, or as `output: {names: separate}` or `fused` says.", null, Severity.Warning),
    ];

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        DType type = tensor.DType;
        long first = firstElement;
        foreach (TensorSlice run in _byName[tensor.Name].Runs)
        {
            if (destination.IsEmpty)
            {
                return;
            }

            if (first < run.Count)
            {
                long wanted = destination.Length / type.BlockBytes * (long)type.BlockElements;
                long count = Math.Min(wanted, run.Count - first);
                int bytes = (int)type.LengthBytes(count);
                Inner.Read(run.Tensor, run.First + first, destination[..bytes]);
                destination = destination[bytes..];
                first += count;
            }

            first -= run.Count;
        }
    }
}
