using MergeHost.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>Units of a model whose order can be changed without changing what the model computes.</summary>
internal abstract class PermutableBlock
{
    /// <summary>The tensors that are reordered, with the extent: 0 for rows, and for the elements of vectors, 1 for columns.</summary>
    public abstract IEnumerable<(TensorInfo Tensor, int Axis)> Axes { get; }

    /// <summary>Finds the order in which a model's units are most like those of the reference.</summary>
    /// <param name="weights">The tensors of both, the other extents of the model's in the order that is known so far.</param>
    /// <param name="algebra">Operations on matrices.</param>
    /// <returns>For each of <see cref="Axes"/> the old index by the new one; <see langword="null"/> where
    /// no order is better than that of now.</returns>
    public abstract IReadOnlyList<int[]>? Match(MatchedWeights weights, ILinearAlgebra algebra);

    /// <summary>Orders the members of units as the units are ordered: of three numbers each, <c>[1,
    /// 0]</c> becomes <c>[3, 4, 5, 0, 1, 2]</c>.</summary>
    protected static int[] Spread(int[] order, int length) => [.. order.SelectMany(unit => Enumerable.Range(unit * length, length))];

    /// <summary>Whether a sum of products is larger than another by more than rounding.</summary>
    protected static bool IsMore(double value, double than) => value > than + (1e-7 * Math.Abs(than));
}
