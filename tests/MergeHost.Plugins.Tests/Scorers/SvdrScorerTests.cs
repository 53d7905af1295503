using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class SvdrScorerTests : LayerScorerContract<SvdrScorer>
{
    public static TheoryData<DropReading> Readings => [.. Enum.GetValues<DropReading>()];

    [Theory]
    [MemberData(nameof(Readings))]
    public void Score_OfWhatDidNotChange_IsZero(DropReading reading)
    {
        Matrix<float> weights = SpearLaws.Spiked(32, 48, spikes: 2);
        Assert.Equal(0, Score(new LayerValues(weights, weights), new SvdrOptions { Reading = reading }).Value);
    }

    [Theory]
    [MemberData(nameof(Readings))]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame(DropReading reading) =>
        SpearLaws.AssertIsInvariant(layer => Score(layer, new SvdrOptions { Reading = reading }).Value);

    // One more direction far above the noise: the rank rises from 2 to 3, a drop of −1/2.
    [Fact]
    public void Score_WithOneMoreDirection_CountsIt()
    {
        Matrix<float> weights = SpearLaws.Spiked(32, 48, spikes: 2);
        Matrix<float> more = SpearLaws.Plus(weights, SpearLaws.RankOne(32, 48, 60, seed: 50));
        Assert.Equal(-0.5, Score(new LayerValues(weights, more)).Value);
        Assert.Equal(1.0 / 3, Score(new LayerValues(more, weights)).Value);
    }

    // Half the weights: half the sum, a quarter of the energy.
    [Theory]
    [InlineData(DropReading.Nuclear, 0.5)]
    [InlineData(DropReading.Energy, 0.75)]
    public void Score_OfHalfTheWeights_IsTheShareThatIsLost(DropReading reading, double expected)
    {
        Matrix<float> weights = SpearLaws.Spiked(32, 48, spikes: 2);
        Matrix<float> half = SpearLaws.Plus(weights, weights, -0.5f);
        Assert.Equal(expected, Score(new LayerValues(weights, half), new SvdrOptions { Reading = reading }).Value, 1e-12);
    }
}
