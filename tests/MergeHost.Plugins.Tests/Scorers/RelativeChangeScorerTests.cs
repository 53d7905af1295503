using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Controls;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class RelativeChangeScorerTests : LayerScorerContract<RelativeChangeScorer>
{
    // ‖(0, 5)‖ / ‖(3, 4)‖, and three times that.
    [Fact]
    public void Score_IsTheLengthOfTheChangeByThatOfTheBase()
    {
        Matrix<float> @base = new(2, 1, (float[])[3, 4]);
        Assert.Equal(1, Score(new LayerValues(@base, new Matrix<float>(2, 1, (float[])[3, 9]))).Value);
        Assert.Equal(3, Score(new LayerValues(@base, new Matrix<float>(2, 1, (float[])[3, 19]))).Value);
        Assert.Equal(0, Score(new LayerValues(@base, @base)).Value);
    }

    [Fact]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame() => SpearLaws.AssertIsInvariant(layer => Score(layer).Value);
}
