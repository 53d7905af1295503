using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>Parameters of <c>snr</c> and <c>swci</c>.</summary>
public sealed record SnrOptions
{
    /// <summary>How the threshold between signal and noise is found.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.MpMedian;

    /// <summary>Whose singular values are split: the adapted model's, the base's, or those of what changed.</summary>
    public LayerMatrix On { get; init; } = LayerMatrix.Adapted;
}
