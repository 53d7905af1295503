using MergeHost.Plugins.Breadcrumbs;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>What both strategies must keep.</summary>
public abstract class BreadcrumbsLaws<TStrategy> : MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    // Sorted by magnitude: 5 is an outlier at gamma 0.2, then 4, 3, … are kept as density says.
    private static readonly TensorValues _values = Some.Group(new float[5], [5, -4, 3, 2, 1]);

    protected override object ValidOptions => new BreadcrumbsOptions { Weight = 0.5, Density = 0.4, Gamma = 0.1, Rescale = true };

    [Theory]
    [InlineData(0.4, 0.2, 0f, -4f, 3f, 0f, 0f)]
    [InlineData(0.4, 0, 5f, -4f, 0f, 0f, 0f)]
    [InlineData(0.4, 0.19, 5f, -4f, 0f, 0f, 0f)]
    [InlineData(0.6, 0.4, 0f, 0f, 3f, 2f, 1f)]
    [InlineData(0.6, 1, 0f, 0f, 3f, 2f, 1f)]
    [InlineData(0, 0.2, 0f, 0f, 0f, 0f, 0f)]
    [InlineData(1, 0.2, 5f, -4f, 3f, 2f, 1f)]
    public void Merge_KeepsTheShareBelowTheLargest(double density, double gamma, params float[] expected) =>
        Assert.Equal(expected, Merge(_values, new BreadcrumbsOptions { Weight = 1, Density = density, Gamma = gamma }));

    // 15 before, 4 + 3 after.
    [Fact]
    public void Merge_WithRescale_KeepsTheNormOfTheTaskVector() => StrategyLaws.AssertNear(
        [0, -4 * 15f / 7, 3 * 15f / 7, 0, 0],
        Merge(_values, new BreadcrumbsOptions { Weight = 1, Density = 0.4, Gamma = 0.2, Rescale = true }),
        1e-5f);

    // Of four equal magnitudes the first counts as the largest, the last as the smallest.
    [Fact]
    public void Merge_OfEqualMagnitudes_DropsAtBothEndsByIndex() => Assert.Equal(
        [0, -1, 1, 0], Merge(Some.Group(new float[4], [1, -1, 1, 1]), new BreadcrumbsOptions { Weight = 1, Density = 0.5, Gamma = 0.25 }));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Merge_OfWhatIsNotFinite_ShowsItInTheResult(float odd) => Assert.Equal(
        [true, false, false, false],
        Merge(Some.Group(new float[4], [odd, 2, 3, 4], [1, 2, 3, 4]), new BreadcrumbsOptions { Weight = 1, Density = 0.5, Gamma = 0.25 })
            .Select(value => !float.IsFinite(value)));

    [Fact]
    public void Merge_OfSourcesInAnotherOrder_IsTheSameUpToRounding() =>
        StrategyLaws.AssertOrderDoesNotMatter(Strategy,
            weight => new BreadcrumbsOptions { Weight = weight, Density = 0.4, Gamma = 0.05, Normalize = true });
}

public sealed class BreadcrumbsStrategyTests : BreadcrumbsLaws<BreadcrumbsStrategy>
{
    [Theory]
    [InlineData(false, 1, 1f)]
    [InlineData(true, 1, 1f / 3)]
    [InlineData(false, 2, 2f)]
    public void Merge_WhenSignsConflict_AddsUp(bool normalize, double lambda, float expected)
    {
        object[] options = [new BreadcrumbsOptions { Weight = 1 }, new BreadcrumbsOptions { Weight = 2 }];
        TensorValues values = Some.Group([0], [3], [-1]) with { SourceOptions = options };
        Assert.Equal(expected, Merge(values, new BreadcrumbsOptions { Weight = 0, Normalize = normalize, Lambda = lambda })[0], 1e-6f);
    }
}

public sealed class BreadcrumbsTiesStrategyTests : BreadcrumbsLaws<BreadcrumbsTiesStrategy>
{
    [Theory]
    [InlineData(false, 3f)]
    [InlineData(true, 3f)]
    public void Merge_WhenSignsConflict_FollowsTheLargerMass(bool normalize, float expected) =>
        Assert.Equal([expected], Merge(Some.Group([0], [3], [-1]), new BreadcrumbsOptions { Weight = 1, Normalize = normalize }));
}
