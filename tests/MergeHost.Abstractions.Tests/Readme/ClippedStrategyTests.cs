using MergeHost.Testing;

namespace Example.Tests;

public sealed class ClippedStrategyTests : MergeStrategyContract<ClippedStrategy>
{
    [Fact]
    public void Merge_BeyondTheLimit_GoesNoFarther()
    {
        ClippedOptions options = new() { Weight = 2, Limit = 0.25 };
        Assert.Equal([1.5f, 1.5f, 1.25f, 0.5f], Merge(Some.Group([1, 1, 1, 1], [3, 1.25f, 1.125f, 0.5f]), options));
    }
}
