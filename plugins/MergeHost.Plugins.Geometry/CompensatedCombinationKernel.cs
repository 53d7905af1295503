using System.Runtime.CompilerServices;
using MergeHost.Lanes;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// <see cref="CombinationKernel"/> with twice the digits: for large terms that cancel out, where vectors are nearly opposite.
/// </summary>
/// <remarks>
/// Products and sums keep what they round off: Dekker, A floating-point technique for extending the available precision, 1971.
/// </remarks>
internal readonly struct CompensatedCombinationKernel : IElementwiseKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V, C>(in C c)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        V sum = c.Base;
        V rest = V.Zero;
        for (int i = 0; i < c.SourceCount; i++)
        {
            V coefficient = c.P(CombinationKernel.Coefficient, i);
            V value = c.Source(i) - c.Base;
            V product = coefficient * value;
            V coefficientHigh = High(coefficient);
            V valueHigh = High(value);
            V coefficientLow = coefficient - coefficientHigh;
            V valueLow = value - valueHigh;
            rest += (coefficientHigh * valueHigh) - product;
            rest += (coefficientHigh * valueLow) + (coefficientLow * valueHigh) + (coefficientLow * valueLow);

            V total = sum + product;
            V added = total - sum;
            rest += sum - (total - added) + (product - added) + (c.P(CombinationKernel.Rest, i) * value);
            sum = total;
        }

        return sum + rest;
    }

    // The upper half of the digits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V High<V>(V value)
        where V : struct, IVec<V>
    {
        V scaled = V.Of(4097) * value;
        return scaled - (scaled - value);
    }
}
