using MergeHost.Plugins.Nearswap;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class NearswapStrategyTests : MergeStrategyContract<NearswapStrategy>
{
    [Fact]
    public void Merge_MovesNoElementFurtherThanT() =>
        Assert.Equal([1.5f, 0.5f, 1.25f, 1], Merge(Some.Group([1, 1, 1, 1], [3, -3, 1.25f, 1]), new NearswapOptions { T = 0.5 }));

    // base + (source − base) would be off by a rounding.
    [Fact]
    public void Merge_WhereTheModelsAreNear_IsTheOtherModelBitForBit()
    {
        TensorValues values = Some.Group([200], sources: 1);
        Assert.Equal(values.Sources[0], Merge(values, new NearswapOptions { T = 100 }));
    }

    [Fact]
    public void Merge_AtZero_IsTheBase()
    {
        TensorValues values = Some.Group([200], sources: 1);
        Assert.Equal(values.Base, Merge(values, new NearswapOptions { T = 0 }));
    }

    [Fact]
    public void Merge_OfNaN_ShowsItInTheResult() =>
        Assert.True(float.IsNaN(Merge(Some.Group([1], [float.NaN]), new NearswapOptions { T = 0.5 })[0]));
}
