using MergeHost.Kernels.Methods;
using MergeHost.Plugins.ModelStock;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class ModelStockStrategyTests : MergeStrategyContract<ModelStockStrategy>
{
    // An angle of 60°: t = 2 · ½ / (1 + ½) = ⅔, of the mean (1, √3/4 …).
    [Fact]
    public void Merge_OfTwoModels_GoesAsFarAsTheirAngleSays()
    {
        float[] merged = Merge(Some.Group([10, 10], [11, 10], [10.5f, 10 + (MathF.Sqrt(3) / 2)]), new ModelStockOptions());
        StrategyLaws.AssertNear([10.5f, 10 + (MathF.Sqrt(3) / 6)], merged, 2e-6f);
    }

    [Fact]
    public void Merge_OfEqualModels_IsThatModel()
    {
        TensorValues values = Some.Group([64], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0],
            Merge(values with { Sources = [values.Sources[0], values.Sources[0]] }, new ModelStockOptions()), 1e-6f);
    }

    [Fact]
    public void Merge_OfOppositeModels_IsTheBase() =>
        Assert.Equal([1f, 2f], Merge(Some.Group([1, 2], [2, 3], [0, 1]), new ModelStockOptions()));

    // cos θ = −½: t = −1 / ½ = −2 goes away from the mean of (1, 0) and (−½, √3/2).
    [Theory]
    [InlineData(false, -0.5f)]
    [InlineData(true, 0f)]
    public void Merge_OfModelsThatPointApart_GoesAwayFromThemUnlessHeld(bool clamp, float expected) => StrategyLaws.AssertNear(
        [expected, expected * MathF.Sqrt(3)],
        Merge(Some.Group([0, 0], [1, 0], [-0.5f, MathF.Sqrt(3) / 2]), new ModelStockOptions { Clamp = clamp }),
        1e-6f);

    // At right angles in the first row, parallel in the second.
    [Fact]
    public void Merge_FilterWise_TakesAnAngleForEachRow()
    {
        TensorValues values = new([2, 2], new float[4], [[1, 0, 1, 1], [0, 1, 3, 3]]);
        StrategyLaws.AssertNear([0, 0, 2, 2], Merge(values, new ModelStockOptions { FilterWise = true }), 1e-6f);
    }

    [Fact]
    public void Merge_FilterWiseOfAVector_IsThatOfTheWhole()
    {
        TensorValues values = Some.Group([130], sources: 3);
        StrategyLaws.AssertNear(Merge(values, new ModelStockOptions()), Merge(values, new ModelStockOptions { FilterWise = true }), 1e-6f);
    }

    [Theory]
    [InlineData(1e-2)]
    [InlineData(1e-5)]
    public void Merge_OfSmallChanges_SeesTheirAngleUnlessAskedForMergekitsWay(double scale)
    {
        float s = (float)scale;
        TensorValues values = Some.Group([0, 0], [s, 0], [s, s]);
        float t = Merge(values, new ModelStockOptions())[0] / s;
        float mergekits = Merge(values, new ModelStockOptions { Compat = Compat.Mergekit })[0] / s;
        Assert.Equal(2 * Math.Sqrt(0.5) / (1 + Math.Sqrt(0.5)), t, 1e-5);
        Assert.Equal(scale > 1e-3, Math.Abs(t - mergekits) < 1e-6);
    }
}
