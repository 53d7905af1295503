using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>SNR-weighted change intensity: <c>SNR(W) · ‖W₁ − W₀‖ / ‖W₀‖</c>, how much a matrix
/// changed, weighted by how much it holds.</summary>
/// <remarks>
/// The name and its reading, change weighted by importance, are those of SPEAR-MM. The formula is a reconstruction: which matrix gives the
/// SNR is not known; <c>on</c> chooses, the adapted model's being the default.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2511.08500">SPEAR-MM</seealso>
[LayerScorer("swci")]
public sealed class SwciScorer : ILayerScorer<SnrOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, SnrOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer))
        {
            return LayerScore.NotApplicable;
        }

        double ratio = Signal.Of(layer, options.On, options.Threshold).Ratio;
        double intensity = WeightChange.Intensity(layer);
        return new LayerScore(ratio * intensity)
        {
            Diagnostics = new Dictionary<string, double> { ["snr"] = ratio, ["change_intensity"] = intensity },
        };
    }
}
