namespace MergeHost.Kernels.Selection;

/// <summary>Where the smallest of the k largest magnitudes most likely lies, by a sample of the values.</summary>
/// <param name="Low">The least magnitude that it may have.</param>
/// <param name="High">The greatest.</param>
public readonly record struct MagnitudeBracket(float Low, float High)
{
    /// <summary>The number of neighbouring values that are sampled together.</summary>
    public const int ChunkLength = 128;

    // So many standard errors on both sides: a sample that leads astray costs a pass.
    private const double Margin = 5;

    /// <summary>Estimates the bracket; how far it reaches follows from how unlike the chunks are.</summary>
    /// <param name="sample">Chunks of <see cref="ChunkLength"/> values, at least two.</param>
    /// <param name="density">The share of the values that is kept.</param>
    public static MagnitudeBracket Estimate(ReadOnlySpan<float> sample, double density)
    {
        float threshold = Quantile(sample, density);
        int chunks = sample.Length / ChunkLength;
        double sum = 0;
        double squares = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int above = 0;
            foreach (float value in sample.Slice(chunk * ChunkLength, ChunkLength))
            {
                above += Math.Abs(value) > threshold ? 1 : 0;
            }

            sum += above;
            squares += (double)above * above;
        }

        double variance = Math.Max(0, squares - (sum * sum / chunks)) / (chunks - 1);
        double margin = (Margin * Math.Sqrt(variance / chunks) / ChunkLength) + (1.0 / sample.Length);
        float low = density + margin >= 1 ? 0 : Quantile(sample, density + margin);
        float high = density - margin <= 0 ? float.PositiveInfinity : Quantile(sample, density - margin);
        return new MagnitudeBracket(low, high);
    }

    /// <summary>As <see cref="Estimate"/>, for a share of the values that are not zero.</summary>
    /// <param name="sample">Chunks of <see cref="ChunkLength"/> values, at least two.</param>
    /// <param name="density">The share of the values that are not zero that is kept.</param>
    public static MagnitudeBracket EstimateOfNonZero(ReadOnlySpan<float> sample, double density)
    {
        // As if a chunk were but one draw: neighbours are often zero together.
        double share = 1 - ((double)MagnitudeSelection.CountZeros(sample) / sample.Length);
        double margin = Margin * Math.Sqrt(share * (1 - share) * ChunkLength / sample.Length);
        return new MagnitudeBracket(
            Estimate(sample, density * Math.Min(1, share + margin)).Low, Estimate(sample, density * Math.Max(0, share - margin)).High);
    }

    private static float Quantile(ReadOnlySpan<float> sample, double density) =>
        SmallSelection.Select(sample, Math.Clamp((int)(density * sample.Length), 1, sample.Length)).Threshold;
}
