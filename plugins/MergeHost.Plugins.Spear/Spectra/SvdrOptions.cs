namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>What a drop of singular values is taken to be; S₀ are the base's, S₁ the adapted model's.</summary>
public enum DropReading
{
    /// <summary>Fewer values above the threshold: <c>(k₀ − k₁) / max(k₀, 1)</c>, with the base's τ for both.</summary>
    Rank,

    /// <summary>A smaller sum: <c>(ΣS₀ − ΣS₁) / ΣS₀</c>.</summary>
    Nuclear,

    /// <summary>Less energy in as many of the largest values as the base has above the threshold:
    /// <c>1 − Σ S₁² / Σ S₀²</c> over i ≤ k₀.</summary>
    Energy,
}

/// <summary>Parameters of <c>svdr</c>.</summary>
public sealed record SvdrOptions
{
    /// <summary>What a drop is taken to be.</summary>
    public DropReading Reading { get; init; } = DropReading.Rank;

    /// <summary>How the base's threshold between signal and noise is found; <c>nuclear</c> needs none.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.MpMedian;
}
