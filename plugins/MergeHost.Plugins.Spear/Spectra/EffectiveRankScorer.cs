using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>How many directions a matrix uses: <c>exp(−Σ p·log p)</c> with <c>p = S / ΣS</c>, from 1
/// to the smaller extent; 0 for zeros.</summary>
/// <seealso href="https://ieeexplore.ieee.org/document/7098875">Roy and Vetterli, The effective rank</seealso>
[LayerScorer("effective_rank")]
public sealed class EffectiveRankScorer : ILayerScorer<EffectiveRankOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, EffectiveRankOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer))
        {
            return LayerScore.NotApplicable;
        }

        IReadOnlyList<double> values = layer.SingularValues(options.On);
        double sum = values.Sum();
        if (sum == 0)
        {
            return new LayerScore(0);
        }

        double squares = values.Sum(value => value * value);
        double entropy = -values.Where(value => value > 0).Sum(value => value / sum * Math.Log(value / sum));
        return new LayerScore(Math.Exp(entropy))
        {
            Diagnostics = new Dictionary<string, double>
            {
                ["stable_rank"] = squares / (values[0] * values[0]),
                ["participation"] = sum * sum / squares,
            },
        };
    }
}
