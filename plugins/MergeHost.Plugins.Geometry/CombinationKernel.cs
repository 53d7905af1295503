using System.Runtime.CompilerServices;
using MergeHost.Lanes;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// A combination of vectors, with coefficients that were found before: <c>θ₀ + Σ cᵢ (θᵢ − θ₀)</c>; without a base θ₀ is zero.
/// </summary>
internal readonly struct CombinationKernel : IElementwiseKernel
{
    /// <summary>The coefficients.</summary>
    public const int Coefficient = 0;

    /// <summary>What float32 leaves of them.</summary>
    public const int Rest = 1;

    /// <summary>How many numbers a source has.</summary>
    public const int Slots = 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V, C>(in C c)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        V sum = c.Base;
        for (int i = 0; i < c.SourceCount; i++)
        {
            sum += c.P(Coefficient, i) * (c.Source(i) - c.Base);
        }

        return sum;
    }
}
