using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>
/// Signal-to-noise ratio: the sum of the singular values above a threshold τ by the sum of those below it. With <c>threshold: spectrum</c>
/// also divided by the largest, as Spectrum's program does.
/// </summary>
/// <remarks>
/// Spectrum's threshold is no edge of noise: of pure noise it takes a quarter for signal in a square matrix, nearly all in a matrix four
/// times as wide as high. Where nothing is noise it counts as 1 there; here, as float32's rounding. Only matrices of one kind can be
/// compared.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2406.06623">Spectrum: targeted training on signal to noise ratio</seealso>
[LayerScorer("snr")]
public sealed class SnrScorer : ILayerScorer<SnrOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, SnrOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer))
        {
            return LayerScore.NotApplicable;
        }

        Signal signal = Signal.Of(layer, options.On, options.Threshold);
        return new LayerScore(signal.Ratio)
        {
            Diagnostics = new Dictionary<string, double> { ["threshold"] = signal.Threshold, ["signal_count"] = signal.Count },
        };
    }
}
