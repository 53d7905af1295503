using MergeHost.Plugins.Ram;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class RamPlusStrategyTests : MergeStrategyContract<RamPlusStrategy>
{
    // The first shares one change and has two of its own: ρ = ½. The second shares one and has none.
    [Theory]
    [InlineData(1, 10, 1.5f)]
    [InlineData(1, 0.25, 1.25f)]
    [InlineData(0, 10, 1f)]
    public void Merge_ScalesWhatASourceChangedAlone(double r, double alpha, float factor) => Assert.Equal(
        [3, 4 * factor, -8 * factor, 0],
        Merge(Some.Group(new float[4], [2, 4, -8, 0], [4, 0, 0, 0]), new RamPlusOptions { R = r, Alpha = alpha }));

    [Fact]
    public void Merge_WithoutSharedChanges_IsRamBitForBit()
    {
        TensorValues values = Some.Group([16, 24], sources: 1);
        Assert.Equal(StrategyRunner.Merge(new RamStrategy(), values, new RamOptions()), Merge(values, new RamPlusOptions()));
    }
}
