using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every strategy must do, and what this one must do besides.</summary>
public sealed class ExampleStrategyTests : MergeStrategyContract<ExampleStrategy>
{
    [Fact]
    public void Merge_AtOne_IsTheModel()
    {
        TensorValues values = Some.Group([8, 4], sources: 1);
        float[] merged = Merge(values, new ExampleOptions { T = 1 });
        Assert.All(merged.Zip(values.Sources[0]), pair => Assert.Equal(pair.Second, pair.First, tolerance: 1e-6f));
    }
}
