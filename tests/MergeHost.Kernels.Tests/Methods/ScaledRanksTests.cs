using MergeHost.Kernels.Methods;

namespace MergeHost.Kernels.Tests.Methods;

public sealed class ScaledRanksTests
{
    [Theory]
    [InlineData(new[] { 3.0, -1, 20 }, new[] { 0.5, 0, 1 })]
    [InlineData(new[] { 2.0, 1, 2 }, new[] { 0.75, 0, 0.75 })]
    [InlineData(new[] { 7.0, 7 }, new[] { 0.5, 0.5 })]
    [InlineData(new[] { 7.0 }, new[] { 0.5 })]
    [InlineData(new double[0], new double[0])]
    public void Of_Numbers_RunsFromZeroToOneAndSharesTies(double[] values, double[] expected) =>
        Assert.Equal(expected, ScaledRanks.Of(values));
}
