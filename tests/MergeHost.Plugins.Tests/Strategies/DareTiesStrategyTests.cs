using MergeHost.Plugins.Dare;
using MergeHost.Plugins.Ties;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class DareTiesStrategyTests : DareLaws<DareTiesStrategy>
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(0.3, true)]
    public void Merge_AtDensityOne_IsTiesWithoutATrimBitForBit(double lambda, bool normalize)
    {
        TensorValues values = Some.Group([16, 24], sources: 3);
        float[] expected = StrategyRunner.Merge(
            new TiesStrategy(), values, new TiesOptions { Weight = 0.7, Lambda = lambda, Normalize = normalize });
        Assert.Equal(expected, Merge(values, new DareOptions { Weight = 0.7, Lambda = lambda, Normalize = normalize }));
    }

    // What is dropped does not vote: where the larger source is dropped, the other one's sign wins.
    [Fact]
    public void Merge_WhereTheLargerSourceIsDropped_FollowsTheOther()
    {
        TensorValues values = Some.Group(new float[512], [.. Enumerable.Repeat(3f, 512)], [.. Enumerable.Repeat(-1f, 512)]);
        float[] merged = Merge(values, new DareOptions { Weight = 1, Density = 0.5, Rescale = false });
        Assert.Equal([-1, 0, 3], merged.Distinct().Order());
    }
}
