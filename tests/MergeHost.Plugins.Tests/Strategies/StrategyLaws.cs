using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>What holds for several strategies.</summary>
internal static class StrategyLaws
{
    /// <summary>Asserts that sources with weights of their own may come in any order.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="options">Options with a weight.</param>
    public static void AssertOrderDoesNotMatter(IMergeStrategy strategy, Func<double, object> options)
    {
        TensorValues values = Some.Group([16, 24], sources: 3) with { SourceOptions = [options(0.5), options(1.25), options(2)] };
        TensorValues reordered = values with
        {
            Sources = [values.Sources[2], values.Sources[0], values.Sources[1]],
            SourceOptions = [values.SourceOptions[2], values.SourceOptions[0], values.SourceOptions[1]],
        };
        AssertNear(
            StrategyRunner.Merge(strategy, values, options(0)), StrategyRunner.Merge(strategy, reordered, options(0)), 2e-6f);
    }

    /// <summary>Asserts that each number is as near as that to the one expected.</summary>
    public static void AssertNear(IEnumerable<float> expected, IEnumerable<float> actual, float tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
