using MergeHost.Plugins.Ram;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class RamStrategyTests : MergeStrategyContract<RamStrategy>
{
    // Nobody, one, two and all three changed the element; a change of ε is none.
    [Fact]
    public void Merge_KeepsWhatOneChangedAndTakesTheMeanOfWhatSeveralDid() => Assert.Equal(
        [10, 14, 14, 13],
        Merge(Some.Group([10, 10, 10, 10], [11, 14, 13, 12], [10, 10, 15, 13], [10, 9, 9, 14]), new RamOptions { Epsilon = 1 }));

    [Fact]
    public void Merge_OfOneSource_IsThatSourceWhereItChanged()
    {
        float[] merged = Merge(Some.Group([1, 1, 1], [1.5f, 1.001f, 0]), new RamOptions { Epsilon = 0.01 });
        Assert.Equal([1.5f, 1, 0], merged);
    }

    [Fact]
    public void Merge_OfNaN_ShowsItInTheResult() =>
        Assert.True(float.IsNaN(Merge(Some.Group([0], [float.NaN], [1]), new RamOptions())[0]));
}
