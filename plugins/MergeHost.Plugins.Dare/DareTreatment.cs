using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>What both strategies share: the random mask, and the factors that make up for what it drops.</summary>
internal static class DareTreatment
{
    /// <summary>The factor on what survives of a task vector: weight times rescaling.</summary>
    public const int Factor = 0;

    /// <summary>The probability with which an element survives.</summary>
    public const int Density = 1;

    /// <summary>Fills in the parameters, and has a kernel run when they are known.</summary>
    /// <typeparam name="K">The kernel; its <see cref="Factor"/> and <see cref="Density"/> are set here, the rest by the caller.</typeparam>
    /// <param name="group">The tensors.</param>
    /// <param name="parameters">The table, with a stream of random numbers for each source.</param>
    /// <param name="scale">What all factors are multiplied with.</param>
    public static Treatment Run<K>(TensorGroup<DareOptions> group, KernelParameters parameters, double scale = 1)
        where K : struct, IElementwiseKernel
    {
        bool rescalesByNorm = false;
        for (int i = 0; i < group.Sources.Count; i++)
        {
            DareOptions options = group.Sources[i].Options;
            bool rescales = options.Rescale && options.Density is > 0 and < 1;
            bool byDensity = rescales && options.RescaleBy == RescaleBy.Density;
            rescalesByNorm |= rescales && !byDensity;
            parameters[Factor, i] = (float)(scale * options.Weight / (byDensity ? options.Density : 1));
            parameters[Density, i] = (float)options.Density;
        }

        if (!rescalesByNorm)
        {
            return Treatment.Elementwise<K>(parameters);
        }

        SumStatistic norms = Statistic.Sum<NormKernel>(2 * group.Sources.Count, parameters);
        return Treatment.Measure([norms], measured =>
        {
            for (int i = 0; i < group.Sources.Count; i++)
            {
                double before = measured.Of(norms)[2 * i];
                double after = measured.Of(norms)[(2 * i) + 1];
                if (group.Sources[i].Options.Density < 1 && before >= 1e-7 && after >= 1e-7)
                {
                    parameters[Factor, i] = (float)(scale * group.Sources[i].Options.Weight * (before / after));
                }
            }

            return Treatment.Elementwise<K>(parameters);
        });
    }

    /// <summary>A source's task vector where it survives, zero elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Survivors<V, C>(in C c, int source)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V> =>
        V.Where(c.Uniform(source) < c.P(Density, source), c.Source(source) - c.Base, V.Zero);

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
                terms[(2 * i) + 1] = V.Abs(Survivors<V, C>(c, i));
            }
        }
    }
}
