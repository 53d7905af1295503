using MergeHost.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>The channels that all layers read and write: columns of what reads them, rows of what writes them, elements of norms.</summary>
/// <param name="axes">Every tensor of the model that has them, each with its extent.</param>
/// <param name="compared">Those of them that the reference has in the same shape.</param>
/// <param name="tables">Embeddings and heads among these.</param>
/// <param name="width">How many channels.</param>
internal sealed class ResidualStream(
    IReadOnlyList<(TensorInfo Tensor, int Axis)> axes, IReadOnlyList<(TensorInfo Tensor, int Axis)> compared,
    IReadOnlyList<(TensorInfo Tensor, int Axis)> tables, int width)
    : PermutableBlock
{
    /// <summary>How many channels.</summary>
    public int Width => width;

    public override IEnumerable<(TensorInfo Tensor, int Axis)> Axes => axes;

    /// <summary>A first order, by the embeddings alone: they need no order of anything else.</summary>
    public IReadOnlyList<int[]>? MatchTables(MatchedWeights weights, ILinearAlgebra algebra) =>
        tables.Count == 0 ? null : Match(weights, algebra, tables);

    public override IReadOnlyList<int[]>? Match(MatchedWeights weights, ILinearAlgebra algebra) => Match(weights, algebra, compared);

    private IReadOnlyList<int[]>? Match(MatchedWeights weights, ILinearAlgebra algebra,
        IReadOnlyList<(TensorInfo Tensor, int Axis)> tensors)
    {
        Similarity similarity = new(width, algebra);
        foreach ((TensorInfo tensor, int axis) in tensors)
        {
            similarity.Add(weights, tensor, axis);
        }

        int[] now = weights.OrderOf(axes[0].Tensor, axes[0].Axis);
        int[] best = LinearAssignment.Maximise(similarity.Finite(weights.Model, "the residual stream"));
        return IsMore(similarity.Of(best), similarity.Of(now)) ? [.. axes.Select(_ => best)] : null;
    }
}
