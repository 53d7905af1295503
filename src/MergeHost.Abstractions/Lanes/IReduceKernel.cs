namespace MergeHost.Lanes;

/// <summary>Formulas whose values are summed over all elements of a tensor.</summary>
/// <remarks>
/// As <see cref="IElementwiseKernel"/>: an empty <c>readonly struct</c> with an inlined method. Sums are float32 over runs
/// of 4,096 elements, in 16 interleaved parts whatever the lane's width, then float64 in the order of the elements: the
/// same bits from any number of threads and any width.
/// </remarks>
public interface IReduceKernel
{
    /// <summary>Computes the terms at one place.</summary>
    /// <param name="c">The elements and parameters at that place.</param>
    /// <param name="terms">Every place of it must be filled; its length is that given to <see cref="Strategies.Statistic.Sum"/>.</param>
    static abstract void Terms<V, C>(in C c, Span<V> terms)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>;
}
