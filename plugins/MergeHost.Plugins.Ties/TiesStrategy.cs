using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Ties;

/// <summary>
/// Trims each task vector to its largest elements, lets them vote on a sign, and adds up those that agree:
/// <c>θ₀ + λ · Σ wᵢ τᵢ [sgn wᵢτᵢ = γ] / Σ wᵢ [sgn wᵢτᵢ = γ]</c> with <c>γ = sgn Σ wᵢ τᵢ</c>, all over trimmed <c>τᵢ</c>.
/// </summary>
/// <remarks>
/// Of equal magnitudes at the edge of the trim the lowest flat index stays, which makes the result reproducible; mergekit leaves the
/// choice to an unstable sort.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2306.01708">TIES-Merging: Resolving Interference When Merging Models</seealso>
[MergeStrategy("ties", Base = BaseUse.Required)]
public sealed class TiesStrategy : IMergeStrategy<TiesOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<TiesOptions> group)
    {
        KernelParameters parameters = new(TiesKernel.Slots, group.Sources.Count)
        {
            [TiesKernel.Lambda, 0] = (float)group.Options.Lambda,
            [TiesKernel.Normalize, 0] = group.Options.Normalize ? 1 : 0,
        };
        Dictionary<int, TopKStatistic> trims = [];
        for (int i = 0; i < group.Sources.Count; i++)
        {
            TiesOptions options = group.Sources[i].Options;
            parameters[TiesKernel.Weight, i] = (float)options.Weight;
            parameters[TiesKernel.Factor, i] = (float)options.Weight;
            if (options.Density < 1)
            {
                trims.Add(i, Trim(i, options.Density, group));
            }
        }

        if (trims.Count == 0)
        {
            return Treatment.Elementwise<TiesKernel>(parameters);
        }

        return Treatment.Measure([.. trims.Values], measured =>
        {
            foreach ((int source, TopKStatistic trim) in trims)
            {
                parameters.Set(TiesKernel.Threshold, source, measured.Of(trim));
            }

            return group.Options.Rescale ? Rescale(parameters) : Treatment.Elementwise<TiesKernel>(parameters);
        });
    }

    // A density that is not zero keeps an element of the smallest tensor, as in mergekit 0.1.5.
    private static TopKStatistic Trim(int source, double density, TensorGroup<TiesOptions> group)
    {
        bool keepsOne = group.Options.TrimScope == StatisticScope.Tensor && density > 0 && density * group.Output.ElementCount < 1;
        return keepsOne
            ? Statistic.Largest(Operand.TaskVector(source), 1)
            : Statistic.TopK(Operand.TaskVector(source), density, group.Options.TrimScope);
    }

    private static Treatment Rescale(KernelParameters parameters)
    {
        SumStatistic norms = Statistic.Sum<NormKernel>(2 * parameters.Sources, parameters);
        return Treatment.Measure([norms], measured =>
        {
            for (int i = 0; i < parameters.Sources; i++)
            {
                double before = measured.Of(norms)[2 * i];
                double after = measured.Of(norms)[(2 * i) + 1];
                if (before >= 1e-7 && after >= 1e-7)
                {
                    parameters[TiesKernel.Factor, i] = (float)(parameters[TiesKernel.Weight, i] * (before / after));
                }
            }

            return Treatment.Elementwise<TiesKernel>(parameters);
        });
    }

    private readonly struct TiesKernel : IElementwiseKernel
    {
        public const int Weight = 0;
        public const int Factor = 1;
        public const int Threshold = 2;
        public const int Lambda = 3;
        public const int Normalize = 4;
        public const int Slots = 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = c.Source(i) - c.Base;
                V contribution = V.Where(V.Abs(taskVector) < c.P(Threshold, i), V.Zero, c.P(Factor, i) * taskVector);
                c.Scratch[i] = contribution;
                total += contribution;
            }

            return c.Base + (c.P(Lambda) * SignConsensus.Merge<V, C>(c, total, Weight, Normalize));
        }
    }

    private readonly struct NormKernel : IReduceKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            for (int i = 0; i < c.SourceCount; i++)
            {
                V magnitude = V.Abs(c.Source(i) - c.Base);
                terms[2 * i] = magnitude;
                terms[(2 * i) + 1] = V.Where(magnitude < c.P(TiesKernel.Threshold, i), V.Zero, magnitude);
            }
        }
    }
}
