using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>Parameters of <c>effective_rank</c>.</summary>
public sealed record EffectiveRankOptions
{
    /// <summary>Whose rank: the adapted model's, the base's, or that of what changed.</summary>
    public LayerMatrix On { get; init; } = LayerMatrix.Adapted;
}
