using MergeHost.Plugins.Spear.Spectra;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class MarchenkoPasturTests
{
    // At β = 1 the law is a quarter of a circle: its median solves (x/2)·√(4 − x²) + 2·asin(x/2) = π/2. The others are to four digits.
    [Theory]
    [InlineData(1.0, 0.80794550659903)]
    [InlineData(0.5, 0.9113)]
    [InlineData(2.0 / 7, 0.9507)]
    [InlineData(0.25, 0.9571)]
    public void Median_OfTheLaw_IsThePublishedOne(double beta, double median) =>
        Assert.Equal(median, MarchenkoPastur.Median(beta), beta == 1 ? 1e-13 : 5e-5);

    [Fact]
    public void HardThreshold_OfASquare_IsFourByTheRootOfThree() => Assert.Equal(4 / Math.Sqrt(3), MarchenkoPastur.HardThreshold(1), 1e-14);

    // τ = 2.858 · median at β = 1, as Gavish and Donoho give it.
    [Fact]
    public void Threshold_ByTheMedian_IsThePublishedFactor() =>
        Assert.Equal(2.858, MarchenkoPastur.HardThreshold(1) / MarchenkoPastur.Median(1), 5e-4);
}
