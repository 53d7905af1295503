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
/// <evidence>
/// 39.2 against 34.2 of task arithmetic on MergeBench with Llama-3.2-3B (arXiv:2602.05943); no better than the base on public fine-tunes
/// (arXiv:2511.21437).
/// </evidence>
/// <failure>Overlapping or noisy fine-tunes, where trimming drops what matters.</failure>
/// <cost>Two looks at each task vector; one read if it fits the memory.</cost>
[MergeStrategy("ties", Base = BaseUse.Required)]
public sealed class TiesStrategy : IMergeStrategy<TiesOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<TiesOptions> group)
    {
        KernelParameters parameters = new(Trim.Slots, group.Sources.Count);
        ThinnedSum sum = new()
        {
            Weights = [.. group.Sources.Select(source => (double)(float)source.Options.Weight)],
            Lambda = group.Options.Lambda,
            Normalizes = group.Options.Normalize,
            Votes = true,
        };
        List<(int Source, TopKStatistic Cut)> cuts =
        [
            .. group.Sources.Index().Where(source => source.Item.Options.Density < 1)
                .Select(source => (source.Index, Cut(source.Index, source.Item.Options.Density, group))),
        ];
        if (cuts.Count == 0)
        {
            return sum.Merge<Trim>(parameters);
        }

        return Treatment.Measure([.. cuts.Select(cut => cut.Cut)], measured =>
        {
            foreach ((int source, TopKStatistic cut) in cuts)
            {
                parameters.Set(Trim.Threshold, source, measured.Of(cut));
            }

            return (sum with { RescalesByNorm = group.Options.Rescale }).Merge<Trim>(parameters);
        });
    }

    // A density that is not zero keeps an element of the smallest tensor, as in mergekit 0.1.5.
    private static TopKStatistic Cut(int source, double density, TensorGroup<TiesOptions> group)
    {
        bool keepsOne = group.Options.TrimScope == StatisticScope.Tensor && density > 0 && density * group.Output.ElementCount < 1;
        return keepsOne
            ? Statistic.Largest(Operand.TaskVector(source), 1)
            : Statistic.TopK(Operand.TaskVector(source), density, group.Options.TrimScope);
    }

    private readonly struct Trim : IThinning
    {
        public const int Threshold = ThinnedSum.FirstSlot;
        public const int Slots = Threshold + 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Kept<V, C>(in C c, int source)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V taskVector = c.Source(source) - c.Base;
            return V.Where(V.Abs(taskVector) < c.P(Threshold, source), V.Zero, taskVector);
        }
    }
}
