#pragma warning disable CA2225 // Operators have no named twins: a lane is only ever used as an operand.
namespace MergeHost.Lanes;

/// <summary>Some float32 numbers on which arithmetic works side by side: a lane of 1, 4, 8 or 16, or a tensor on a GPU.</summary>
/// <remarks>
/// A kernel is written once over this interface and runs at every width with the same bits: each operation is that of IEEE 754
/// binary32, rounded once, element by element; none is fused with another. Only the sign and payload of a NaN may differ.
/// Comparisons give a mask, which is of use only to <see cref="Where"/>, <c>&amp;</c>, <c>|</c> and <c>~</c>; a comparison with
/// NaN is false.
/// </remarks>
/// <typeparam name="V">The lane itself.</typeparam>
public interface IVec<V>
    where V : struct, IVec<V>
{
    /// <summary>Zero in every place.</summary>
    static abstract V Zero { get; }

    /// <summary>The same number in every place.</summary>
    static abstract V Of(float value);

    /// <summary><c>a + b</c></summary>
    static abstract V operator +(V a, V b);

    /// <summary><c>a − b</c></summary>
    static abstract V operator -(V a, V b);

    /// <summary><c>−a</c>: the sign bit is turned, also of zero and NaN.</summary>
    static abstract V operator -(V a);

    /// <summary><c>a · b</c></summary>
    static abstract V operator *(V a, V b);

    /// <summary><c>a / b</c></summary>
    static abstract V operator /(V a, V b);

    /// <summary><c>|a|</c>: the sign bit is cleared.</summary>
    static abstract V Abs(V a);

    /// <summary><c>√a</c>; NaN where <paramref name="a"/> is negative.</summary>
    static abstract V Sqrt(V a);

    /// <summary>The smaller of two numbers; NaN where either is NaN.</summary>
    static abstract V Min(V a, V b);

    /// <summary>The larger of two numbers; NaN where either is NaN.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The mask of <c>a &gt; b</c>.</summary>
    static abstract V operator >(V a, V b);

    /// <summary>The mask of <c>a &lt; b</c>.</summary>
    static abstract V operator <(V a, V b);

    /// <summary>The mask of <c>a ≥ b</c>.</summary>
    static abstract V operator >=(V a, V b);

    /// <summary>The mask of <c>a ≤ b</c>.</summary>
    static abstract V operator <=(V a, V b);

    /// <summary>The mask of <c>a = b</c>.</summary>
    static abstract V Equal(V a, V b);

    /// <summary>The mask of places where both masks hold.</summary>
    static abstract V operator &(V a, V b);

    /// <summary>The mask of places where either mask holds.</summary>
    static abstract V operator |(V a, V b);

    /// <summary>The mask of places where <paramref name="a"/> does not hold.</summary>
    static abstract V operator ~(V a);

    /// <summary><paramref name="yes"/> where the mask holds, <paramref name="no"/> elsewhere.</summary>
    static abstract V Where(V mask, V yes, V no);
}
