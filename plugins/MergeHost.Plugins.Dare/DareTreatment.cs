using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>What both strategies share: the random mask, and what makes up for what it drops.</summary>
internal static class DareTreatment
{
    /// <summary>Adds up what survives of each task vector.</summary>
    /// <param name="group">The tensors.</param>
    /// <param name="votes">Whether the survivors vote on a sign.</param>
    public static Treatment Of(TensorGroup<DareOptions> group, bool votes)
    {
        double[] densities = [.. group.Sources.Select(source => source.Options.Density)];
        bool byDensity = group.Options.RescaleBy == RescaleBy.Density;
        KernelParameters parameters = new(Survivors.Slots, densities.Length) { Streams = densities.Length };
        parameters.Fill(Survivors.Density, densities);
        return new ThinnedSum
        {
            Weights = [.. group.Sources.Select(source => source.Options.Weight)],
            Lambda = group.Options.Lambda,
            Normalizes = group.Options.Normalize,
            Votes = votes,
            Divisors = group.Options.Rescale && byDensity ? [.. densities.Select(density => density == 0 ? 1 : density)] : null,
            RescalesByNorm = group.Options.Rescale && !byDensity && Array.Exists(densities, density => density is > 0 and < 1),
        }.Merge<Survivors>(parameters);
    }

    private readonly struct Survivors : IThinning
    {
        public const int Density = ThinnedSum.FirstSlot;
        public const int Slots = Density + 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Kept<V, C>(in C c, int source)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> =>
            V.Where(c.Uniform(source) < c.P(Density, source), c.Source(source) - c.Base, V.Zero);
    }
}
