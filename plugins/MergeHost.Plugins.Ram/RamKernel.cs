using System.Runtime.CompilerServices;
using MergeHost.Lanes;

namespace MergeHost.Plugins.Ram;

/// <summary>
/// The mean of the changes where several sources have one, the change times the source's factor where a single one has it:
/// <c>θ₀ + Σ τᵢ [|τᵢ| &gt; ε] / n</c> with n the number of owners if n &gt; 1, <c>θ₀ + λᵢ τᵢ</c> if n = 1.
/// </summary>
internal readonly struct RamKernel : IElementwiseKernel
{
    public const int Epsilon = 0;
    public const int Factor = 1;
    public const int Slots = 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V, C>(in C c)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        V total = V.Zero;
        V owners = V.Zero;
        V shared = V.Zero;
        V own = V.Zero;
        for (int i = 0; i < c.SourceCount; i++)
        {
            V taskVector = c.Source(i) - c.Base;
            V owned = V.Where(V.Abs(taskVector) > c.P(Epsilon), taskVector, V.Zero);
            total += taskVector;
            owners += V.Where(V.Abs(taskVector) > c.P(Epsilon), V.Of(1), V.Zero);
            shared += owned;
            own += c.P(Factor, i) * owned;
        }

        // A comparison with NaN is false, which would hide it: total − total is zero, or NaN where the total is no finite number.
        return c.Base + V.Where(owners > V.Of(1), shared / owners, own) + (total - total);
    }
}
