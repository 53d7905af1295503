using MergeHost.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>The units between the matrices of a feed-forward block: rows of gate and up, and columns of down.</summary>
/// <param name="rows">Weights <c>[units, in]</c> and biases <c>[units]</c> of gate and up.</param>
/// <param name="down"><c>[out, units]</c></param>
internal sealed class HiddenUnits(IReadOnlyList<TensorInfo> rows, TensorInfo down) : PermutableBlock
{
    public override IEnumerable<(TensorInfo Tensor, int Axis)> Axes => [.. rows.Select(tensor => (tensor, 0)), (down, 1)];

    public override IReadOnlyList<int[]>? Match(MatchedWeights weights, ILinearAlgebra algebra)
    {
        Similarity similarity = new((int)down.Shape[1], algebra);
        foreach ((TensorInfo tensor, int axis) in Axes)
        {
            similarity.Add(weights, tensor, axis);
        }

        int[] now = weights.OrderOf(down, 1);
        int[] best = LinearAssignment.Maximise(similarity.Finite(weights.Model, down.Name));
        return IsMore(similarity.Of(best), similarity.Of(now)) ? [.. Axes.Select(_ => best)] : null;
    }
}
