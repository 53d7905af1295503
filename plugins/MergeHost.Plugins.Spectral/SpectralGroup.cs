using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>What the options of these methods have in common, as <see cref="MatrixMerge"/> takes it.</summary>
internal static class SpectralGroup
{
    public static Treatment Merge<TOptions>(this TensorGroup<TOptions> group, MatrixFunction merge)
        where TOptions : SpectralOptions => new MatrixMerge
        {
            Weights = [.. group.Sources.Select(source => source.Options.Weight)],
            Lambda = group.Options.Lambda,
            MergesEmbeddings = group.Options.Embeddings,
        }.Of(group, merge);
}
