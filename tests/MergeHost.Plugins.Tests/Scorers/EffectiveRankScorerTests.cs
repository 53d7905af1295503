using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class EffectiveRankScorerTests : LayerScorerContract<EffectiveRankScorer>
{
    // Three directions of equal length, and one alone.
    [Fact]
    public void Score_CountsDirectionsOfEqualLength()
    {
        Matrix<float> three = new(3, 4, (float[])[5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 5, 0]);
        Matrix<float> one = new(3, 4, (float[])[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(3, Score(new LayerValues(one, three)).Value, 1e-12);
        Assert.Equal(1, Score(new LayerValues(three, one)).Value, 1e-6);
    }

    [Fact]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame() => SpearLaws.AssertIsInvariant(layer => Score(layer).Value);
}
