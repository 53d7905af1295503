using MergeHost.Plugins.Averaging;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class LinearStrategyTests : MergeStrategyContract<LinearStrategy>
{
    private static readonly TensorValues _values = Some.Group([16, 24], sources: 3);

    [Fact]
    public void Merge_WithEqualWeights_IsTheMean() => StrategyLaws.AssertNear(
        Enumerable.Range(0, 384).Select(i => _values.Sources.Average(source => source[i])),
        Merge(_values, new LinearOptions { Weight = 0.7 }),
        1e-6f);

    [Theory]
    [InlineData(true, 2.5f)]
    [InlineData(false, 10f)]
    public void Merge_WithUnlikeWeights_DividesByTheirSumIfAsked(bool normalize, float expected) =>
        Assert.Equal([expected], Merge(Weighted(1, 3), new LinearOptions { Weight = 0, Normalize = normalize }));

    [Fact]
    public void Merge_WithANegativeWeight_GoesBeyondTheOtherSource() =>
        Assert.Equal([-1f], Merge(Weighted(2, -1), new LinearOptions { Weight = 0 }));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Merge_OfIdenticalSources_IsThatSource(int count)
    {
        float[] source = _values.Sources[0];
        TensorValues same = _values with { Sources = [.. Enumerable.Repeat(source, count)] };
        Assert.Equal(source, Merge(same, new LinearOptions { Weight = 0.3 }));
    }

    [Fact]
    public void Merge_OfSourcesInAnotherOrder_IsTheSameUpToRounding() =>
        StrategyLaws.AssertOrderDoesNotMatter(Strategy, weight => new LinearOptions { Weight = weight });

    [Fact]
    public void Merge_OfNaN_IsNaN() =>
        Assert.Equal([float.NaN], Merge(Some.Group([0], [float.NaN], [1]), new LinearOptions { Weight = 1 }));

    // 0.1 + 0.2 − 0.3 is 5.6e-17 in float64.
    [Theory]
    [InlineData(new[] { 1.0, -1 })]
    [InlineData(new[] { 0.0, 0 })]
    [InlineData(new[] { 0.1, 0.2, -0.3 })]
    [InlineData(new[] { 1e-9, -1e-9 })]
    public void Merge_WithWeightsThatSumToZero_IsRefused(double[] weights)
    {
        MergeException exception = Assert.Throws<MergeException>(() => Merge(
            Weighted(weights), new LinearOptions { Weight = 0 }));
        Assert.Equal(ErrorCodes.MergeRefused, exception.Code);
        Assert.Contains("weights sum to 0", exception.Message, StringComparison.Ordinal);
        Assert.Contains("`normalize: false`", exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithSmallWeights_IsTheirMeanAllTheSame() =>
        Assert.Equal([2f], Merge(Weighted(1e-12, 1e-12), new LinearOptions { Weight = 0 }));

    [Fact]
    public void Merge_WithWeightsThatSumToZeroAndAreNotNormalised_IsTheirSum() =>
        Assert.Equal([-2f], Merge(Weighted(1, -1), new LinearOptions { Weight = 0, Normalize = false }));

    // Sources 1, 3, 5, … of one element each.
    private static TensorValues Weighted(params double[] weights)
    {
        TensorValues values = Some.Group([0], [.. weights.Select((_, i) => new[] { 1f + (2 * i) })]);
        return values with { SourceOptions = [.. weights.Select(weight => new LinearOptions { Weight = weight })] };
    }
}
