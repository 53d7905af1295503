using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>What both strategies share: the band of magnitudes that is kept, and the factors that make up for the rest.</summary>
internal static class BreadcrumbsTreatment
{
    /// <summary>The factor on what is kept of a task vector: weight times rescaling.</summary>
    public const int Factor = 0;

    /// <summary>Smaller magnitudes are dropped.</summary>
    public const int Low = 1;

    /// <summary>Magnitudes from here on are dropped.</summary>
    public const int High = 2;

    /// <summary>Fills in the parameters, and has a kernel run when they are known.</summary>
    /// <typeparam name="K">The kernel; the three slots above are set here, the rest by the caller.</typeparam>
    /// <param name="group">The tensors.</param>
    /// <param name="parameters">The table.</param>
    /// <param name="scale">What all factors are multiplied with.</param>
    public static Treatment Run<K>(TensorGroup<BreadcrumbsOptions> group, KernelParameters parameters, double scale = 1)
        where K : struct, IElementwiseKernel
    {
        List<(int Slot, int Source, TopKStatistic Cut)> cuts = [];
        for (int i = 0; i < group.Sources.Count; i++)
        {
            parameters[Factor, i] = (float)(scale * group.Sources[i].Options.Weight);
            parameters[High, i] = float.PositiveInfinity;
            cuts.AddRange(Cuts(i, group.Sources[i].Options, group.Output.ElementCount));
        }

        if (cuts.Count == 0)
        {
            return Treatment.Elementwise<K>(parameters);
        }

        return Treatment.Measure([.. cuts.Select(cut => cut.Cut)], measured =>
        {
            foreach ((int slot, int source, TopKStatistic cut) in cuts)
            {
                parameters.Set(slot, source, measured.Of(cut));
            }

            return group.Options.Rescale ? Rescale<K>(group, parameters, scale) : Treatment.Elementwise<K>(parameters);
        });
    }

    /// <summary>A source's task vector where it is kept, zero elsewhere; NaN and infinities are kept, so that they show.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Kept<V, C>(in C c, int source)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        V taskVector = c.Source(source) - c.Base;
        V magnitude = V.Abs(taskVector);
        V isOutlier = (magnitude >= c.P(High, source)) & (magnitude < V.Of(float.PositiveInfinity));
        return V.Where((magnitude < c.P(Low, source)) | isOutlier, V.Zero, taskVector);
    }

    // ⌊density · n⌋ are kept below the ⌊gamma · n⌋ largest, of which fewer are dropped where they leave no room.
    private static IEnumerable<(int Slot, int Source, TopKStatistic Cut)> Cuts(int source, BreadcrumbsOptions options, long elements)
    {
        if (options.Density >= 1)
        {
            yield break;
        }

        long kept = (long)(options.Density * elements);
        long dropped = Math.Min((long)(options.Gamma * elements), elements - kept);
        if (kept + dropped < elements || kept == 0)
        {
            yield return (Low, source, Statistic.Largest(Operand.TaskVector(source), kept == 0 ? 0 : kept + dropped));
        }

        if (dropped > 0 && kept > 0)
        {
            yield return (High, source, Statistic.Largest(Operand.TaskVector(source), dropped));
        }
    }

    private static Treatment Rescale<K>(TensorGroup<BreadcrumbsOptions> group, KernelParameters parameters, double scale)
        where K : struct, IElementwiseKernel
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
                    parameters[Factor, i] = (float)(scale * group.Sources[i].Options.Weight * (before / after));
                }
            }

            return Treatment.Elementwise<K>(parameters);
        });
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
                terms[2 * i] = V.Abs(c.Source(i) - c.Base);
                terms[(2 * i) + 1] = V.Abs(Kept<V, C>(c, i));
            }
        }
    }
}
