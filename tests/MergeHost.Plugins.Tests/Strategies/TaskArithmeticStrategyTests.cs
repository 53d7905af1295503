using MergeHost.Plugins.TaskArithmetic;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class TaskArithmeticStrategyTests : MergeStrategyContract<TaskArithmeticStrategy>
{
    [Fact]
    public void Merge_WithLambdaOneAndOneSourceOfWeightOne_IsThatSource()
    {
        TensorValues values = Some.Group([16, 24], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new TaskArithmeticOptions { Weight = 1 }), 2e-7f);
    }

    // 1 + λ (w₀ · 2 + w₁ · (−4))
    [Theory]
    [InlineData(1, 1, 1, false, -1)]
    [InlineData(0.5, 1, 1, false, 0)]
    [InlineData(1, 3, 1, false, 3)]
    [InlineData(1, 3, 1, true, 1.5)]
    [InlineData(1, 1, -1, false, 7)]
    [InlineData(-1, 1, 0, false, -1)]
    [InlineData(1, 1, -1, true, 7)]
    public void Merge_OfTwoSources_AddsTheirWeightedTaskVectors(
        double lambda, double first, double second, bool normalize, float expected)
    {
        TensorValues values = Some.Group([1], [3], [-3]) with
        {
            SourceOptions = [new TaskArithmeticOptions { Weight = first }, new TaskArithmeticOptions { Weight = second }],
        };
        Assert.Equal([expected], Merge(values, new TaskArithmeticOptions { Weight = 0, Lambda = lambda, Normalize = normalize }));
    }

    // Nothing is added, so that nothing can be lost: not even the sign of zero or what a NaN says.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Merge_WithNothingToAdd_IsTheBaseBitForBit(double lambda, double weight)
    {
        TensorValues values = Some.Group([-0f, 1, float.NaN], [1, float.PositiveInfinity, 1]);
        float[] merged = Merge(values, new TaskArithmeticOptions { Weight = weight, Lambda = lambda });
        Assert.Equal(values.Base.Select(BitConverter.SingleToUInt32Bits), merged.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Merge_OfSourcesInAnotherOrder_IsTheSameUpToRounding() =>
        StrategyLaws.AssertOrderDoesNotMatter(Strategy, weight => new TaskArithmeticOptions { Weight = weight, Lambda = 0.3 });

    [Fact]
    public void Merge_OfNaN_IsNaN() =>
        Assert.Equal(
            [float.NaN, float.NaN], Merge(Some.Group([0, float.NaN], [float.NaN, 0]), new TaskArithmeticOptions { Weight = 1 }));
}
