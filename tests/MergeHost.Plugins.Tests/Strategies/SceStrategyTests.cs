using MergeHost.Kernels.Methods;
using MergeHost.Plugins.Sce;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class SceStrategyTests : MergeStrategyContract<SceStrategy>
{
    protected override object ValidOptions => new SceOptions { SelectTopk = 0.5 };

    // Mean squares 16 + 1 and 4 + 4: weights 0.68 and 0.32. Both agree on the first; −2 outweighs 1 on the second.
    [Fact]
    public void Merge_WeighsByHowMuchEachChangedAndErasesTheMinority() => StrategyLaws.AssertNear(
        [(0.68f * 4) + (0.32f * 2), -2], Merge(Some.Group([0, 0], [4, 1], [2, -2]), new SceOptions()), 1e-6f);

    // Variances 0, 1, 4, 9: of the three that are not zero, two thirds are kept.
    [Theory]
    [InlineData(0.34, 0f, 0f, 0f, 6f)]
    [InlineData(0.67, 0f, 0f, 4f, 6f)]
    [InlineData(0, 0f, 0f, 0f, 0f)]
    public void Merge_SelectsAShareOfTheElementsOnWhichSourcesDiffer(double share, params float[] expected) => StrategyLaws.AssertNear(
        expected, Merge(Some.Group(new float[4], [5, 2, 4, 6], [5, 0, 0, 0]), new SceOptions { SelectTopk = share }), 1e-6f);

    [Fact]
    public void Merge_OfOneSourceWithASelection_IsTheBase()
    {
        TensorValues values = Some.Group([64], sources: 1);
        Assert.Equal(values.Base, Merge(values, new SceOptions { SelectTopk = 0.5 }));
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new SceOptions()), 1e-6f);
    }

    [Fact]
    public void Merge_OfSmallChanges_WeighsThemUnlessAskedForMergekitsWay()
    {
        TensorValues values = Some.Group([0], [4e-4f], [2e-4f]);
        Assert.Equal(3.6e-4f, Merge(values, new SceOptions())[0], 1e-9f);
        Assert.Equal(3e-4f, Merge(values, new SceOptions { Compat = Compat.Mergekit })[0], 1e-9f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    public void Merge_OfNaN_ShowsItInTheResult(double share) => Assert.Equal(
        [true, false], Merge(Some.Group([0, 0], [float.NaN, 1], [1, 3]), new SceOptions { SelectTopk = share }).Select(float.IsNaN));
}
