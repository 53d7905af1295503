using System.Globalization;
using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Della;

/// <summary>What both strategies share: the random trim by rank, and the factors that make up for what it drops.</summary>
internal static class DellaTreatment
{
    /// <summary>The factor on what survives of a task vector: weight times rescaling.</summary>
    public const int Factor = 0;

    /// <summary>The probability with which the smallest element of a row survives.</summary>
    public const int Least = 1;

    /// <summary>How much larger that of the largest is.</summary>
    public const int Span = 2;

    /// <summary>A table with a stream of random numbers and the ranks of each source.</summary>
    public static KernelParameters Parameters(int slots, int sources) => new(slots, sources)
    {
        Streams = sources,
        Ranks = [.. Enumerable.Range(0, sources).Select(Operand.TaskVector)],
    };

    /// <summary>Fills in the parameters, and has a kernel run when they are known.</summary>
    /// <typeparam name="K">The kernel; the three slots above are set here, the rest by the caller.</typeparam>
    /// <param name="group">The tensors.</param>
    /// <param name="parameters">The table.</param>
    /// <param name="scale">What all factors are multiplied with.</param>
    /// <exception cref="MergeException">A probability would lie outside of (0, 1).</exception>
    public static Treatment Run<K>(TensorGroup<DellaOptions> group, KernelParameters parameters, double scale = 1)
        where K : struct, IElementwiseKernel
    {
        bool rescales = false;
        for (int i = 0; i < group.Sources.Count; i++)
        {
            DellaOptions options = group.Sources[i].Options;
            parameters[Factor, i] = (float)(scale * options.Weight);
            (parameters[Least, i], parameters[Span, i]) = Probabilities(options);
            rescales |= group.Options.Rescale && options.Density is > 0 and < 1;
        }

        if (!rescales)
        {
            return Treatment.Elementwise<K>(parameters);
        }

        SumStatistic norms = Statistic.Sum<NormKernel>(2 * parameters.Sources, parameters);
        return Treatment.Measure([norms], measured =>
        {
            for (int i = 0; i < parameters.Sources; i++)
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
        where C : struct, IKernelContext<V>
    {
        V probability = c.P(Least, source) + (c.P(Span, source) * c.Rank(source));
        return V.Where(c.Uniform(source) < probability, c.Source(source) - c.Base, V.Zero);
    }

    // Random numbers lie in (0, 1): none is below 0, all are below 1.
    private static (float Least, float Span) Probabilities(DellaOptions options)
    {
        if (options.Density is 0 or 1)
        {
            return ((float)options.Density, 0);
        }

        double margin = Math.Min(options.Density, 1 - options.Density);
        if (options.Epsilon >= margin)
        {
            throw MergeException.Refused(
                string.Create(CultureInfo.InvariantCulture, $"density {options.Density} ± epsilon {options.Epsilon} must lie in (0, 1)"),
                string.Create(CultureInfo.InvariantCulture, $"Set epsilon below {Math.Round(margin, 6)}."));
        }

        return ((float)(options.Density - options.Epsilon), (float)(2 * options.Epsilon));
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
                terms[(2 * i) + 1] = V.Abs(Survivors<V, C>(c, i));
            }
        }
    }
}
