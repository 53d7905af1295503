using System.ComponentModel.DataAnnotations;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>Parameters of <c>spear</c>.</summary>
public sealed record SpearOptions
{
    /// <summary>The share of <c>swci</c> in the score; the rest is <c>svdr</c>'s.</summary>
    [Range(0.0, 1.0)]
    public double W { get; init; } = 0.5;

    /// <inheritdoc cref="SnrOptions.Threshold"/>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.MpMedian;

    /// <inheritdoc cref="SnrOptions.On"/>
    public LayerMatrix On { get; init; } = LayerMatrix.Adapted;

    /// <inheritdoc cref="SvdrOptions.Reading"/>
    public DropReading Reading { get; init; } = DropReading.Rank;
}
