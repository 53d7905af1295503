using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>Singular-value drop ratio: the share of its capacity that a matrix lost, by three readings; negative where it gained.</summary>
/// <remarks>The name is SPEAR-MM's; its formula could not be had. The three readings are reconstructions that fit the words "drop" and
/// "rank".</remarks> <seealso href="https://arxiv.org/abs/2511.08500">SPEAR-MM</seealso>
[LayerScorer("svdr")]
public sealed class SvdrScorer : ILayerScorer<SvdrOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, SvdrOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer))
        {
            return LayerScore.NotApplicable;
        }

        IReadOnlyList<double> before = layer.SingularValues(LayerMatrix.Base);
        IReadOnlyList<double> after = layer.SingularValues(LayerMatrix.Adapted);
        Signal signal = Signal.Of(layer, LayerMatrix.Base, options.Threshold);
        int countAfter = Signal.CountAbove(after, signal.Threshold);
        double drop = options.Reading switch
        {
            DropReading.Rank => (double)(signal.Count - countAfter) / Math.Max(signal.Count, 1),
            DropReading.Nuclear => Drop(before.Sum(), after.Sum()),
            _ => Drop(Energy(before, signal.Count), Energy(after, signal.Count)),
        };
        return new LayerScore(drop)
        {
            Diagnostics = new Dictionary<string, double>
            {
                ["threshold"] = signal.Threshold,
                ["signal_count_base"] = signal.Count,
                ["signal_count_adapted"] = countAfter,
            },
        };
    }

    private static double Energy(IReadOnlyList<double> values, int count) => values.Take(count).Sum(value => value * value);

    private static double Drop(double before, double after) => before == 0 ? 0 : (before - after) / before;
}
