using System.Runtime.CompilerServices;
using MergeHost.Lanes;

namespace MergeHost.Kernels.Methods;

/// <summary>The second and third step of TIES: a vote on the sign of each element, and the sum of those that agree with it.</summary>
/// <seealso href="https://arxiv.org/abs/2306.01708">TIES-Merging: Resolving Interference When Merging Models</seealso>
public static class SignConsensus
{
    /// <summary>
    /// Adds up the contributions whose sign is that of their total, <c>Σ dᵢ [sgn dᵢ = γ]</c> with <c>γ = +1 if Σ dᵢ ≥ 0 else −1</c>, and
    /// divides by the weights of those that agree if asked.
    /// </summary>
    /// <remarks>
    /// A total of zero votes for plus, and a divisor of zero counts as one, both as mergekit has it. NaN or infinity in any contribution
    /// gives NaN.
    /// </remarks>
    /// <param name="c">Its scratch holds the contributions <c>dᵢ = wᵢ τᵢ</c>.</param>
    /// <param name="total"><c>Σ dᵢ</c></param>
    /// <param name="weightSlot">The slot of the weights <c>wᵢ</c> that the sum is divided by.</param>
    /// <param name="normalizeSlot">The slot, for all sources at 0, of 1 to divide and 0 not to.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Merge<V, C>(in C c, V total, int weightSlot, int normalizeSlot)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        V sign = V.Where(total >= V.Zero, V.Of(1), V.Of(-1));
        V sum = V.Zero;
        V divisor = V.Zero;
        for (int i = 0; i < c.SourceCount; i++)
        {
            V contribution = c.Scratch[i];
            V agrees = sign * contribution > V.Zero;
            sum += V.Where(agrees, contribution, V.Zero);
            divisor += V.Where(agrees, c.P(weightSlot, i), V.Zero);
        }

        V one = V.Of(1);
        V divides = c.P(normalizeSlot) > V.Zero;
        V mean = sum / V.Where(divides & ~V.Equal(divisor, V.Zero), divisor, one);

        // A comparison with NaN is false, which would hide it: total − total is zero, or NaN where the total is no finite number.
        return mean + (total - total);
    }
}
