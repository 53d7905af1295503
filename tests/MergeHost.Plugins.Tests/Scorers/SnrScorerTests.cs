using MergeHost.Algebra;
using MergeHost.Plugins.Spear;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class SnrScorerTests : LayerScorerContract<SnrScorer>
{
    public static TheoryData<SnrOptions> Settings =>
    [
        .. Enum.GetValues<ThresholdRule>().SelectMany(
            _ => Enum.GetValues<LayerMatrix>(), (threshold, on) => new SnrOptions { Threshold = threshold, On = on }),
    ];

    // The threshold is an edge: nothing of pure noise is taken for signal, whatever the shape.
    [Theory]
    [InlineData(96, 96)]
    [InlineData(64, 256)]
    [InlineData(256, 64)]
    public void Score_OfNoise_IsZero(int rows, int columns)
    {
        Matrix<float> noise = SpearLaws.Spiked(rows, columns, spikes: 0);
        Assert.Equal(0, Score(new LayerValues(noise, noise)).Value);
    }

    [Fact]
    public void Score_OfDirectionsAboveNoise_CountsThem()
    {
        Matrix<float> weights = SpearLaws.Spiked(64, 128, spikes: 3);
        LayerScore score = Score(new LayerValues(SpearLaws.Spiked(64, 128, spikes: 0), weights));
        Assert.Equal(3, score.Diagnostics["signal_count"]);
        Assert.True(score.Value > 0);
    }

    // Spectrum's threshold takes most of pure noise for signal where a matrix is four times as wide as high.
    [Fact]
    public void Score_BySpectrumsThreshold_TakesNoiseOfAWideMatrixForSignal()
    {
        Matrix<float> noise = SpearLaws.Spiked(64, 256, spikes: 0);
        LayerScore score = Score(new LayerValues(noise, noise), new SnrOptions { Threshold = ThresholdRule.Spectrum });
        Assert.InRange(score.Diagnostics["signal_count"], 58, 64);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame(SnrOptions options) =>
        SpearLaws.AssertIsInvariant(layer => Score(layer, options).Value);

    [Theory]
    [InlineData(ThresholdRule.MpMedian, 1)]
    [InlineData(ThresholdRule.Spectrum, 0.25)]
    public void Score_OfAScaledMatrix_IsTheSameButForSpectrums(ThresholdRule threshold, double factor)
    {
        SnrOptions options = new() { Threshold = threshold };
        Matrix<float> weights = SpearLaws.Spiked(64, 64, spikes: 2);
        Matrix<float> scaled = SpearLaws.Plus(weights, weights, 3);
        double expected = factor * Score(new LayerValues(weights, weights), options).Value;
        Assert.Equal(expected, Score(new LayerValues(weights, scaled), options).Value, 1e-6 * expected);
    }

    [Theory]
    [InlineData(TensorRole.Embedding)]
    [InlineData(TensorRole.Head)]
    public void Score_OfEmbeddingsAndHeads_IsNone(TensorRole role)
    {
        LayerValues pair = Pair(8, 4);
        Assert.True(double.IsNaN(Score(new LayerValues(pair.Get(LayerMatrix.Base), pair.Get(LayerMatrix.Adapted)) { Role = role }).Value));
    }
}
