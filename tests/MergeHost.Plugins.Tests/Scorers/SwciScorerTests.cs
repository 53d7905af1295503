using MergeHost.Algebra;
using MergeHost.Plugins.Spear;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class SwciScorerTests : LayerScorerContract<SwciScorer>
{
    [Fact]
    public void Score_OfWhatDidNotChange_IsZero()
    {
        Matrix<float> weights = SpearLaws.Spiked(32, 48, spikes: 2);
        Assert.Equal(0, Score(new LayerValues(weights, weights)).Value);
    }

    [Theory]
    [InlineData(LayerMatrix.Base)]
    [InlineData(LayerMatrix.TaskVector)]
    public void Score_OfTwiceTheChange_IsTwiceAsMuch(LayerMatrix on)
    {
        SnrOptions options = new() { On = on };
        Matrix<float> weights = SpearLaws.Spiked(32, 48, spikes: 2);
        Matrix<float> change = SpearLaws.Spiked(32, 48, spikes: 1, seed: 7);
        double once = Score(new LayerValues(weights, SpearLaws.Plus(weights, change, 0.25f)), options).Value;
        double twice = Score(new LayerValues(weights, SpearLaws.Plus(weights, change, 0.5f)), options).Value;
        Assert.Equal(2 * once, twice, 1e-5 * twice);
    }

    [Fact]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame() => SpearLaws.AssertIsInvariant(layer => Score(layer).Value);

    [Fact]
    public void Score_IsTheProductOfItsDiagnostics()
    {
        LayerScore score = Score(new LayerValues(SpearLaws.Spiked(32, 48, spikes: 2), SpearLaws.Spiked(32, 48, spikes: 3)));
        Assert.Equal(score.Diagnostics["snr"] * score.Diagnostics["change_intensity"], score.Value);
    }
}
