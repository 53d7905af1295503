using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>
/// <c>w · R(SWCI) + (1 − w) · R(|SVDR|)</c>, where R is the rank among the matrices of one module type, from 0 for the smallest to 1 for
/// the largest; ties share their mean rank, and a single matrix stands at ½. The highest drifted most.
/// </summary>
/// <remarks>
/// SPEAR-MM ranks parameters by these two scores; how it puts them together is not known, and this sum of ranks is a reconstruction. So is
/// the direction: its sources say both that what drifted is restored and that what changed much and matters little is; a recipe's
/// <c>restore:</c> turns it round.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2511.08500">SPEAR-MM</seealso>
[LayerScorer("spear")]
public sealed class SpearScorer : ILayerScorer<SpearOptions>
{
    private const string Swci = "swci";
    private const string Svdr = "svdr";

    private static readonly SwciScorer _swci = new();
    private static readonly SvdrScorer _svdr = new();

    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, SpearOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        LayerScore swci = _swci.Score(layer, new SnrOptions { Threshold = options.Threshold, On = options.On }, algebra, cancellation);
        LayerScore svdr = _svdr.Score(layer, new SvdrOptions { Threshold = options.Threshold, Reading = options.Reading }, algebra,
            cancellation);
        return double.IsNaN(swci.Value)
            ? LayerScore.NotApplicable
            : new LayerScore(swci.Value) { Diagnostics = new Dictionary<string, double> { [Swci] = swci.Value, [Svdr] = svdr.Value } };
    }

    /// <inheritdoc/>
    public LayerScore[] Compare(IReadOnlyList<LayerScore> scores, SpearOptions options)
    {
        double[] ofChange = ScaledRanks.Of([.. scores.Select(score => score.Diagnostics[Swci])]);
        double[] ofDrop = ScaledRanks.Of([.. scores.Select(score => Math.Abs(score.Diagnostics[Svdr]))]);
        return
        [
            .. scores.Select((score, index) => score with { Value = (options.W * ofChange[index]) + ((1 - options.W) * ofDrop[index]) }),
        ];
    }
}
