using MergeHost.Kernels.Vectors;

namespace MergeHost.Kernels.Tests.Vectors;

public sealed class RunArithmeticTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1000)]
    public void Dot_OfAnyLength_IsTheSumOfProducts(int length)
    {
        float[] a = [.. Enumerable.Range(0, length).Select(i => MathF.Sin(i))];
        float[] b = [.. Enumerable.Range(0, length).Select(i => MathF.Cos(3 * i))];
        Assert.Equal(a.Zip(b, (x, y) => (double)x * y).Sum(), RunArithmetic.Dot(a, b), 1e-11);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(130)]
    public void Subtract_OfAnyLength_IsTheDifference(int length)
    {
        float[] a = [.. Enumerable.Range(0, length).Select(i => MathF.Sin(i))];
        float[] b = [.. Enumerable.Range(0, length).Select(i => MathF.Cos(3 * i))];
        float[] difference = new float[length];
        RunArithmetic.Subtract(a, b, difference);
        Assert.Equal(a.Zip(b, (x, y) => x - y), difference);
    }

    [Fact]
    public void Dot_OfUnlikeLengths_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => RunArithmetic.Dot([1], [1, 2]));
}
