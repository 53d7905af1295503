using MergeHost.Plugins.Dare;
using MergeHost.Plugins.TaskArithmetic;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class DareLinearStrategyTests : DareLaws<DareLinearStrategy>
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(0.3, true)]
    public void Merge_AtDensityOne_IsTaskArithmeticBitForBit(double lambda, bool normalize)
    {
        TensorValues values = Some.Group([16, 24], sources: 3);
        TaskArithmeticOptions options = new() { Weight = 0.7, Lambda = lambda, Normalize = normalize };
        float[] expected = StrategyRunner.Merge(new TaskArithmeticStrategy(), values, options);
        Assert.Equal(expected, Merge(values, new DareOptions { Weight = 0.7, Lambda = lambda, Normalize = normalize }));
    }

    [Fact]
    public void Merge_WithWeightsThatSumToZero_IsNotNormalised()
    {
        object[] options = [new DareOptions { Weight = 1 }, new DareOptions { Weight = -1 }];
        TensorValues values = Some.Group([1], [3], [4]) with { SourceOptions = options };
        Assert.Equal([0f], Merge(values, new DareOptions { Weight = 0, Normalize = true }));
    }
}
