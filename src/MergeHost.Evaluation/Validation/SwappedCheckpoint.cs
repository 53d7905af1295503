using MergeHost.Checkpoints;
using MergeHost.Plans;

namespace MergeHost.Evaluation.Validation;

/// <summary>An adapted model in which some tensors are the base's; both stay open when it is disposed.</summary>
internal sealed class SwappedCheckpoint : DerivedCheckpoint
{
    private readonly ICheckpointReader _base;
    private readonly Dictionary<string, TensorInfo> _swapped;

    /// <param name="base">The base.</param>
    /// <param name="adapted">The adapted model, whose configuration and tokenizer it has.</param>
    /// <param name="pairs">The tensors that are the base's.</param>
    public SwappedCheckpoint(ICheckpointReader @base, ICheckpointReader adapted, IEnumerable<ScorePair> pairs)
        : base(adapted, leaveOpen: true)
    {
        _base = @base;
        _swapped = pairs.ToDictionary(pair => pair.Adapted.Tensor.Name, pair => pair.Base.Tensor);
        Tensors = [.. adapted.Tensors.Select(tensor => _swapped.TryGetValue(tensor.Name, out TensorInfo? other)
            ? other with { Name = tensor.Name }
            : tensor)];
        Identity = string.Join('\n', _swapped.Keys.Order(StringComparer.Ordinal).Prepend(adapted.Identity).Prepend(@base.Identity));
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override IReadOnlyList<string> WeightFiles => [.. Inner.WeightFiles, .. _base.WeightFiles];

    public override IReadOnlyList<Problem> Warnings => [];

    public override string Identity { get; }

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_swapped.TryGetValue(tensor.Name, out TensorInfo? stored))
        {
            _base.Read(stored, firstElement, destination);
        }
        else
        {
            Inner.Read(tensor, firstElement, destination);
        }
    }
}
