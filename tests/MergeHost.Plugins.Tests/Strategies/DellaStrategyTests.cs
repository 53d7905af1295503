using MergeHost.Plugins.Della;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>What both strategies must keep.</summary>
public abstract class DellaLaws<TStrategy> : MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    private const int Rows = 8;
    private const int Columns = 64;
    private const int Seeds = 200;

    // Each row holds 1 to 64 in an order of its own.
    private static readonly float[] _taskVector =
        [.. Enumerable.Range(0, Rows)
            .SelectMany(row => Enumerable.Range(0, Columns).Select(i => 1f + (((i * 37) + (row * 11)) % Columns)))];

    private static TensorValues Values => new([Rows, Columns], new float[Rows * Columns], [_taskVector]);

    protected override object ValidOptions => new DellaOptions { Weight = 0.5, Density = 0.5 };

    // 64 ranks in eight groups: p runs from 0.2 to 0.6; a group has 12,800 draws, σ is 0.0044 or less.
    [Fact]
    public void Merge_OverManySeeds_KeepsElementsByTheirRankInTheRow()
    {
        DellaOptions options = new() { Weight = 1, Density = 0.4, Epsilon = 0.2, Rescale = false };
        int[] kept = new int[8];
        for (int seed = 0; seed < Seeds; seed++)
        {
            float[] merged = Merge(Values, options, seed);
            Array.ForEach(merged, value => kept[Math.Max(0, ((int)value - 1) / 8)] += value > 0 ? 1 : 0);
        }

        Assert.All(kept.Index(), group =>
            Assert.Equal(0.2 + (0.4 * ((8 * group.Index) + 3.5) / (Columns - 1)), group.Item / (double)(Seeds * Rows * 8), 0.02));
    }

    [Fact]
    public void Merge_WithRescale_KeepsTheSumOfMagnitudes()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(_taskVector.Sum(), Merge(Values, new DellaOptions { Weight = 1, Density = 0.3 }, seed).Sum(), 0.02f);
        }
    }

    [Fact]
    public void Merge_WithoutRescale_KeepsSurvivorsAsTheyAre()
    {
        float[] merged = Merge(Values, new DellaOptions { Weight = 1, Density = 0.3, Rescale = false });
        Assert.All(merged.Zip(_taskVector), pair => Assert.True(pair.First == 0 || pair.First == pair.Second));
    }

    [Theory]
    [InlineData(1, 1f)]
    [InlineData(0, 0f)]
    public void Merge_AtAnEnd_KeepsAllOrNothingWhateverEpsilonSays(double density, float factor) => Assert.Equal(
        _taskVector.Select(value => factor * value), Merge(Values, new DellaOptions { Weight = 1, Density = density, Epsilon = 0.9 }));

    // mergekit divides by the number of columns less one.
    [Fact]
    public void Merge_OfRowsOfOneElement_KeepsTheShareThatIsAskedFor()
    {
        TensorValues column = new([2000, 1], new float[2000], [[.. Enumerable.Repeat(1f, 2000)]]);
        float[] merged = Merge(column, new DellaOptions { Weight = 1, Density = 0.3, Rescale = false });
        Assert.InRange(merged.Sum(), 600 - 103, 600 + 103);
    }

    [Theory]
    [InlineData(0.9, 0.15)]
    [InlineData(0.1, 0.1)]
    public void Merge_WhereAProbabilityLeavesItsRange_IsRefused(double density, double epsilon)
    {
        MergeException exception = Assert.Throws<MergeException>(() => Merge(Values,
            new DellaOptions { Weight = 1, Density = density, Epsilon = epsilon }));
        Assert.Contains("must lie in (0, 1)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithTheSameSeed_GivesTheSameBitsAndWithAnotherOthers()
    {
        DellaOptions options = new() { Weight = 1, Density = 0.5 };
        Assert.Equal(Merge(Values, options, seed: 5), Merge(Values, options, seed: 5));
        Assert.NotEqual(Merge(Values, options, seed: 5), Merge(Values, options, seed: 6));
    }
}

public sealed class DellaStrategyTests : DellaLaws<DellaStrategy>
{
    [Fact]
    public void Merge_WhenSignsConflict_TakesTheMeanOfTheLargerMass()
    {
        TensorValues values = Some.Group([0], [3], [5], [-1]);
        Assert.Equal([4f], Merge(values, new DellaOptions { Weight = 1 }));
        Assert.Equal([8f], Merge(values, new DellaOptions { Weight = 1, Normalize = false }));
    }
}

public sealed class DellaLinearStrategyTests : DellaLaws<DellaLinearStrategy>
{
    [Fact]
    public void Merge_WhenSignsConflict_AddsUp()
    {
        TensorValues values = Some.Group([0], [3], [5], [-2]);
        Assert.Equal([6f], Merge(values, new DellaOptions { Weight = 1 }));
        Assert.Equal([2f], Merge(values, new DellaOptions { Weight = 1, Normalize = true }));
    }
}
