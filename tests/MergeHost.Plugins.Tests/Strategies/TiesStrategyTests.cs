using MergeHost.Plugins.Ties;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class TiesStrategyTests : MergeStrategyContract<TiesStrategy>
{
    protected override object ValidOptions => new TiesOptions { Weight = 0.5, Density = 0.3, Rescale = true };

    [Fact]
    public void Merge_WhenSignsConflict_FollowsTheLargerMass()
    {
        // τ = +0.5 against −0.3: the sum is positive, so only +0.5 counts.
        TensorValues group = Some.Group([0], [+0.5f], [-0.3f]);
        Assert.Equal([0.5f], Merge(group, new TiesOptions { Weight = 1 }));
    }

    [Fact]
    public void Merge_AtDensityOneOfOneSource_IsThatSource()
    {
        TensorValues values = Some.Group([16, 24], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new TiesOptions { Weight = 1 }), 2e-7f);
    }

    // Of 1, 2, 2, 2, 1 the two that are kept are the first two of magnitude 2.
    [Fact]
    public void Merge_OfEqualMagnitudesAtTheEdgeOfTheTrim_KeepsThoseOfLowestIndex() =>
        Assert.Equal(
            [0, 2, -2, 0, 0], Merge(Some.Group(new float[5], [1, 2, -2, 2, -1]), new TiesOptions { Weight = 1, Density = 0.4 }));

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(0.2, 1)]
    [InlineData(0.39, 1)]
    [InlineData(0.6, 3)]
    [InlineData(0.99, 4)]
    [InlineData(1, 5)]
    public void Merge_AtADensity_KeepsThatShareRoundedDownAndOneAtLeast(double density, int kept)
    {
        float[] merged = Merge(Some.Group(new float[5], [5, 4, 3, 2, 1]), new TiesOptions { Weight = 1, Density = density });
        Assert.Equal(new float[] { 5, 4, 3, 2, 1 }.Select((value, i) => i < kept ? value : 0), merged);
    }

    [Fact]
    public void Merge_AtDensityZero_IsTheBase()
    {
        TensorValues values = Some.Group([4], sources: 2);
        Assert.Equal(values.Base, Merge(values, new TiesOptions { Weight = 1, Density = 0 }));
    }

    [Theory]
    [InlineData(StatisticScope.Tensor, 4f)]
    [InlineData(StatisticScope.Model, 0f)]
    public void Merge_WhenDensityKeepsLessThanAnElement_KeepsTheLargestOfEachTensor(StatisticScope scope, float expected)
    {
        TensorValues values = Some.Group(new float[4], [1, 2, 4, 3]);
        Assert.Equal([0, 0, expected, 0], Merge(values, new TiesOptions { Weight = 1, Density = 0.2, TrimScope = scope }));
    }

    [Fact]
    public void Merge_WithADensityForEachSource_TrimsEachByItsOwn()
    {
        TensorValues values = Some.Group(new float[4], [4, 3, 2, 1], [1, 2, 3, 4]) with
        {
            SourceOptions = [new TiesOptions { Weight = 1, Density = 0.25 }, new TiesOptions { Weight = 1 }],
        };
        Assert.Equal([5, 2, 3, 4], Merge(values, new TiesOptions { Weight = 0, Normalize = false }));
    }

    // A negative weight takes part in the vote with its sign turned: −2 · 1 outweighs +1.
    [Fact]
    public void Merge_WithANegativeWeight_VotesTheOtherWay()
    {
        object[] options = [new TiesOptions { Weight = 1 }, new TiesOptions { Weight = -2 }];
        TensorValues values = Some.Group([0], [1], [1]) with { SourceOptions = options };
        Assert.Equal([-2f], Merge(values, new TiesOptions { Weight = 0, Normalize = false }));
        Assert.Equal([1f], Merge(values, new TiesOptions { Weight = 0 }));
    }

    // Both agree: (2 · 3 + 1 · 6) over 2 + 1, or not.
    [Theory]
    [InlineData(true, 1, 5f)]
    [InlineData(false, 1, 13f)]
    [InlineData(true, 0.5, 3f)]
    [InlineData(true, 0, 1f)]
    public void Merge_WhenAllAgree_IsTheirWeightedMeanOrSumTimesLambda(bool normalize, double lambda, float expected)
    {
        object[] options = [new TiesOptions { Weight = 2 }, new TiesOptions { Weight = 1 }];
        TensorValues values = Some.Group([1], [4], [7]) with { SourceOptions = options };
        Assert.Equal([expected], Merge(values, new TiesOptions { Weight = 0, Normalize = normalize, Lambda = lambda }));
    }

    // 4 + 3 + 2 + 1 = 10 before, 4 after the trim: what is left is scaled by 2.5, weighted or not.
    [Theory]
    [InlineData(1, false, 10f)]
    [InlineData(3, false, 30f)]
    [InlineData(3, true, 10f)]
    public void Merge_WithRescale_KeepsTheNormOfTheTaskVector(double weight, bool normalize, float expected) => Assert.Equal(
        [expected, 0, 0, 0],
        Merge(
            Some.Group(new float[4], [4, -3, 2, -1]),
            new TiesOptions { Weight = weight, Density = 0.25, Rescale = true, Normalize = normalize }));

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    public void Merge_OfNaN_ShowsItInTheResult(double density)
    {
        float[] merged = Merge(
            Some.Group(new float[4], [1, float.NaN, 3, 4], [1, 2, 3, 4]), new TiesOptions { Weight = 1, Density = density });
        Assert.Equal([false, true, false, false], merged.Select(float.IsNaN));
    }

    [Fact]
    public void Merge_OfSourcesInAnotherOrder_IsTheSameUpToRounding() =>
        StrategyLaws.AssertOrderDoesNotMatter(
            Strategy, weight => new TiesOptions { Weight = weight, Density = 0.4, Lambda = 0.7, Rescale = true });

    // The plainest way there is: sort, cut, vote, average, in float64.
    [Fact]
    public void Merge_OfManyElements_IsTrimVoteAndMean()
    {
        double[] densities = [0.2, 0.6, 1];
        double[] weights = [1, 0.5, 2];
        TensorValues values = Some.Group([64, 80], sources: 3) with
        {
            SourceOptions = [.. weights.Zip(densities, (weight, density) => new TiesOptions { Weight = weight, Density = density })],
        };
        float[][] trimmed = [.. values.Sources.Zip(densities, (source, density) => Trim(source, values.Base, density))];
        float[] expected = [.. values.Base];
        for (int i = 0; i < expected.Length; i++)
        {
            double[] parts = [.. trimmed.Zip(weights, (vector, weight) => weight * vector[i])];
            int sign = parts.Sum() >= 0 ? 1 : -1;
            int[] agreeing = [.. Enumerable.Range(0, 3).Where(source => Math.Sign(parts[source]) == sign)];
            if (agreeing.Length > 0)
            {
                expected[i] += (float)(agreeing.Sum(source => parts[source]) / agreeing.Sum(source => weights[source]));
            }
        }

        StrategyLaws.AssertNear(expected, Merge(values, new TiesOptions { Weight = 0 }), 1e-6f);
    }

    private static float[] Trim(float[] source, float[] @base, double density)
    {
        float[] taskVector = [.. source.Zip(@base, (a, b) => a - b)];
        IEnumerable<int> largest = Enumerable.Range(0, source.Length).OrderByDescending(i => Math.Abs(taskVector[i]));
        HashSet<int> kept = [.. largest.Take((int)(density * source.Length))];
        return [.. taskVector.Select((value, i) => kept.Contains(i) ? value : 0)];
    }
}
