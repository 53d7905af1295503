using MergeHost.Plugins.Spear;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class SpearScorerTests : LayerScorerContract<SpearScorer>
{
    // Ranks of swci: 0, 1/2, 1; of |svdr|: 1/4, 1, 1/4, the two that are alike sharing theirs.
    [Theory]
    [InlineData(1.0, new[] { 0, 0.5, 1 })]
    [InlineData(0.0, new[] { 0.25, 1, 0.25 })]
    [InlineData(0.5, new[] { 0.125, 0.75, 0.625 })]
    public void Compare_IsTheWeightedMeanOfRanks(double weight, double[] expected)
    {
        LayerScore[] scores = [Of(swci: 0.1, svdr: 0.2), Of(swci: 0.5, svdr: -0.7), Of(swci: 9, svdr: -0.2)];
        Assert.Equal(expected, Scorer.Compare(scores, new SpearOptions { W = weight }).Select(score => score.Value));
    }

    [Fact]
    public void Compare_OfASingleMatrix_IsTheMiddle() => Assert.Equal(0.5, Scorer.Compare([Of(3, 4)], new SpearOptions()).Single().Value);

    [Fact]
    public void Score_CarriesBothScoresWithTheSameOptions()
    {
        LayerValues layer = new(SpearLaws.Spiked(32, 48, spikes: 2), SpearLaws.Spiked(32, 48, spikes: 3));
        SpearOptions options = new() { Threshold = ThresholdRule.Spectrum, On = LayerMatrix.Base, Reading = DropReading.Nuclear };
        LayerScore score = Score(layer, options);
        Assert.Equal(
            new SwciScorer().Score(layer, new SnrOptions { Threshold = options.Threshold, On = options.On }, null!, default).Value,
            score.Diagnostics["swci"]);
        Assert.Equal(
            new SvdrScorer()
                .Score(layer, new SvdrOptions { Threshold = options.Threshold, Reading = options.Reading }, null!, default).Value,
            score.Diagnostics["svdr"]);
    }

    private static LayerScore Of(double swci, double svdr) =>
        new(swci) { Diagnostics = new Dictionary<string, double> { ["swci"] = swci, ["svdr"] = svdr } };
}
