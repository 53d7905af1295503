using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Methods;

/// <summary>
/// The base plus thinned task vectors δᵢ: <c>θ₀ + λ · Σ wᵢ δᵢ</c>, or with a vote on signs <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ]</c> with
/// <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
public sealed record ThinnedSum
{
    /// <summary>The first slot of a table of parameters that belongs to the thinning; those before it are filled here.</summary>
    public const int FirstSlot = 4;

    private const int Factor = 0;
    private const int Weight = 1;
    private const int LambdaSlot = 2;
    private const int NormalizeSlot = 3;

    /// <summary>The weights wᵢ.</summary>
    public required IReadOnlyList<double> Weights { get; init; }

    /// <summary>The factor λ.</summary>
    public required double Lambda { get; init; }

    /// <summary>Whether the sum is divided by <c>Σ wᵢ</c>, with a vote by that of the sources that agree;
    /// below 1e-8, or with a vote at 0, by 1.</summary>
    public required bool Normalizes { get; init; }

    /// <summary>Whether only those take part in the sum whose sign is that of all together.</summary>
    public bool Votes { get; init; }

    /// <summary>What each δᵢ is divided by, to make up for what is dropped; without it, by 1.</summary>
    public IReadOnlyList<double>? Divisors { get; init; }

    /// <summary>Whether each δᵢ is scaled so that its L1 norm is that of the whole task vector; norms below 1e-7 are left alone.</summary>
    public bool RescalesByNorm { get; init; }

    /// <summary>Adds them up.</summary>
    /// <typeparam name="T">The thinning.</typeparam>
    /// <param name="parameters">The thinning's own slots are filled, the <see cref="FirstSlot"/> before them are not.</param>
    public Treatment Merge<T>(KernelParameters parameters)
        where T : struct, IThinning
    {
        double total = Weights.Sum();
        double scale = Votes ? 1 : Lambda / (Normalizes && Math.Abs(total) >= 1e-8 ? total : 1);
        double[] factors = [.. Weights.Select((weight, i) => scale * weight / (Divisors?[i] ?? 1))];
        parameters.Fill(Factor, factors);
        parameters.Fill(Weight, Weights);
        parameters[LambdaSlot, 0] = (float)Lambda;
        parameters[NormalizeSlot, 0] = Normalizes ? 1 : 0;
        return RescalesByNorm ? Rescale<T>(parameters, factors) : Add<T>(parameters);
    }

    private Treatment Add<T>(KernelParameters parameters)
        where T : struct, IThinning =>
        Votes ? Treatment.Elementwise<VoteKernel<T>>(parameters) : Treatment.Elementwise<SumKernel<T>>(parameters);

    private Treatment Rescale<T>(KernelParameters parameters, double[] factors)
        where T : struct, IThinning
    {
        SumStatistic norms = Statistic.Sum<NormKernel<T>>(2 * factors.Length, parameters);
        return Treatment.Measure([norms], measured =>
        {
            for (int i = 0; i < factors.Length; i++)
            {
                double before = measured.Of(norms)[2 * i];
                double after = measured.Of(norms)[(2 * i) + 1];
                if (after >= 1e-7 && after < before)
                {
                    parameters[Factor, i] = (float)(factors[i] * (before / after));
                }
            }

            return Add<T>(parameters);
        });
    }

    private readonly struct SumKernel<T> : IElementwiseKernel
        where T : struct, IThinning
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.P(Factor, i) * T.Kept<V, C>(c, i);
            }

            return c.Base + sum;
        }
    }

    private readonly struct VoteKernel<T> : IElementwiseKernel
        where T : struct, IThinning
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V contribution = c.P(Factor, i) * T.Kept<V, C>(c, i);
                c.Scratch[i] = contribution;
                total += contribution;
            }

            return c.Base + (c.P(LambdaSlot) * SignConsensus.Merge<V, C>(c, total, Weight, NormalizeSlot));
        }
    }

    private readonly struct NormKernel<T> : IReduceKernel
        where T : struct, IThinning
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            for (int i = 0; i < c.SourceCount; i++)
            {
                terms[2 * i] = V.Abs(c.Source(i) - c.Base);
                terms[(2 * i) + 1] = V.Abs(T.Kept<V, C>(c, i));
            }
        }
    }
}
