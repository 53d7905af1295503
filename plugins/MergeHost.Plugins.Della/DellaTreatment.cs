using System.Globalization;
using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Della;

/// <summary>What both strategies share: the random trim by rank, and what makes up for what it drops.</summary>
internal static class DellaTreatment
{
    /// <summary>Adds up what survives of each task vector.</summary>
    /// <param name="group">The tensors.</param>
    /// <param name="votes">Whether the survivors vote on a sign; the sum is then divided unless
    /// <see cref="DellaOptions.Normalize"/> says no.</param>
    /// <exception cref="MergeException">A probability would lie outside of (0, 1).</exception>
    public static Treatment Of(TensorGroup<DellaOptions> group, bool votes)
    {
        int sources = group.Sources.Count;
        KernelParameters parameters = new(Survivors.Slots, sources)
        {
            Streams = sources,
            Ranks = [.. Enumerable.Range(0, sources).Select(Operand.TaskVector)],
        };
        for (int i = 0; i < sources; i++)
        {
            (parameters[Survivors.Least, i], parameters[Survivors.Span, i]) = Probabilities(group.Sources[i].Options);
        }

        return new ThinnedSum
        {
            Weights = [.. group.Sources.Select(source => source.Options.Weight)],
            Lambda = group.Options.Lambda,
            Normalizes = group.Options.Normalize ?? votes,
            Votes = votes,
            RescalesByNorm = group.Options.Rescale && group.Sources.Any(source => source.Options.Density is > 0 and < 1),
        }.Merge<Survivors>(parameters);
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

    private readonly struct Survivors : IThinning
    {
        /// <summary>The probability with which the smallest element of a row survives.</summary>
        public const int Least = ThinnedSum.FirstSlot;

        /// <summary>How much larger that of the largest is.</summary>
        public const int Span = Least + 1;

        public const int Slots = Span + 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Kept<V, C>(in C c, int source)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V probability = c.P(Least, source) + (c.P(Span, source) * c.Rank(source));
            return V.Where(c.Uniform(source) < probability, c.Source(source) - c.Base, V.Zero);
        }
    }
}
