namespace MergeHost.Plugins.Spear;

/// <summary>How the threshold between signal and noise is found among singular values.</summary>
public enum ThresholdRule
{
    /// <summary>
    /// The optimal hard threshold <c>τ = ω(β) · median(S) / μ(β)</c>, with the noise told from
    /// the median by the law of Marchenko and Pastur.
    /// </summary>
    MpMedian,

    /// <summary>Spectrum's <c>τ = (Q75(S) − Q25(S)) / 1.349 · (1 + √β)</c>, which takes much noise for
    /// signal unless the matrix is square.</summary>
    Spectrum,
}
