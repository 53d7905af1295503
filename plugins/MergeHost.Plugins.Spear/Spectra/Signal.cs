using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>The singular values of a matrix, split at a threshold.</summary>
/// <param name="Threshold">τ: what is larger is signal.</param>
/// <param name="Count">How many values are signal.</param>
/// <param name="Ratio">The signal-to-noise ratio by the threshold's rule.</param>
internal readonly record struct Signal(double Threshold, int Count, double Ratio)
{
    // The rounding of float32: noise is never taken for less than that of the whole.
    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>Splits the values of one of a pair's matrices.</summary>
    public static Signal Of(ILayerTensors layer, LayerMatrix which, ThresholdRule rule)
    {
        IReadOnlyList<double> values = layer.SingularValues(which);
        double threshold = ThresholdOf(values, Beta(layer), rule);
        double signal = values.Where(value => value > threshold).Sum();
        double noise = values.Where(value => value <= threshold).Sum();
        int count = CountAbove(values, threshold);
        return new Signal(threshold, count,
            rule == ThresholdRule.Spectrum ? SpectrumRatio(signal, noise, values[0]) : PlainRatio(signal, noise));
    }

    /// <summary>How many values are above a threshold.</summary>
    public static int CountAbove(IReadOnlyList<double> values, double threshold) => values.Count(value => value > threshold);

    /// <summary>The shorter extent by the longer.</summary>
    public static double Beta(ILayerTensors layer)
    {
        TensorShape shape = layer.Tensor.Shape;
        double columns = shape[shape.Rank - 1];
        double rows = layer.Tensor.ElementCount / columns;
        return Math.Min(rows, columns) / Math.Max(rows, columns);
    }

    private static double ThresholdOf(IReadOnlyList<double> values, double beta, ThresholdRule rule) => rule == ThresholdRule.Spectrum
        ? (Quantile(values, 0.75) - Quantile(values, 0.25)) / 1.349 * (1 + Math.Sqrt(beta))
        : MarchenkoPastur.HardThreshold(beta) * Quantile(values, 0.5) / MarchenkoPastur.Median(beta);

    // Of values in descending order, linear between them as in numpy and PyTorch.
    private static double Quantile(IReadOnlyList<double> values, double share)
    {
        double place = (1 - share) * (values.Count - 1);
        int index = (int)place;
        double next = values[Math.Min(index + 1, values.Count - 1)];
        return values[index] + ((place - index) * (next - values[index]));
    }

    // As the published program has it: no noise at all counts as 1, and the largest value divides.
    private static double SpectrumRatio(double signal, double noise, double largest) =>
        largest == 0 ? 0 : signal / (noise == 0 ? 1 : noise) / largest;

    private static double PlainRatio(double signal, double noise) =>
        signal == 0 ? 0 : signal / Math.Max(noise, Rounding * (signal + noise));
}
