using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>What both strategies share: the band of magnitudes that is kept.</summary>
internal static class BreadcrumbsTreatment
{
    /// <summary>Adds up what is kept of each task vector.</summary>
    /// <param name="group">The tensors.</param>
    /// <param name="votes">Whether what is kept votes on a sign.</param>
    public static Treatment Of(TensorGroup<BreadcrumbsOptions> group, bool votes)
    {
        int sources = group.Sources.Count;
        KernelParameters parameters = new(Band.Slots, sources);
        parameters.Fill(Band.High, Enumerable.Repeat(double.PositiveInfinity, sources));
        ThinnedSum sum = new()
        {
            Weights = [.. group.Sources.Select(source => source.Options.Weight)],
            Lambda = group.Options.Lambda,
            Normalizes = group.Options.Normalize,
            Votes = votes,
        };
        List<(int Slot, int Source, TopKStatistic Cut)> cuts =
            [.. group.Sources.Index().SelectMany(source => Cuts(source.Index, source.Item.Options, group.Output.ElementCount))];
        if (cuts.Count == 0)
        {
            return sum.Merge<Band>(parameters);
        }

        return Treatment.Measure([.. cuts.Select(cut => cut.Cut)], measured =>
        {
            foreach ((int slot, int source, TopKStatistic cut) in cuts)
            {
                parameters.Set(slot, source, measured.Of(cut));
            }

            return (sum with { RescalesByNorm = group.Options.Rescale }).Merge<Band>(parameters);
        });
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
            yield return (Band.Low, source, Statistic.Largest(Operand.TaskVector(source), kept == 0 ? 0 : kept + dropped));
        }

        if (dropped > 0 && kept > 0)
        {
            yield return (Band.High, source, Statistic.Largest(Operand.TaskVector(source), dropped));
        }
    }

    private readonly struct Band : IThinning
    {
        /// <summary>Smaller magnitudes are dropped.</summary>
        public const int Low = ThinnedSum.FirstSlot;

        /// <summary>Magnitudes from here on are dropped.</summary>
        public const int High = Low + 1;

        public const int Slots = High + 1;

        // NaN and infinities are kept, so that they show.
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
    }
}
