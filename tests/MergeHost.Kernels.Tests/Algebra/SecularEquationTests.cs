using MergeHost.Kernels.Algebra.Decompositions;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class SecularEquationTests
{
    // d = (0, 1) and z = (1, 1) give the matrix [1 1; 1 2], whose eigenvalues are (3 ± √5)/2.
    [Fact]
    public void Root_OfTwoTerms_FollowsTheClosedForm()
    {
        double[] distances = new double[2];
        Assert.Equal((3 - double.Sqrt(5)) / 2, SecularEquation.Root([0, 1], [1, 1], 0, distances), Rounding.Stable(2, norm: 3));
        Assert.Equal((3 + double.Sqrt(5)) / 2, SecularEquation.Root([0, 1], [1, 1], 1, distances), Rounding.Stable(2, norm: 3));
    }

    // Near d₀ the root's distance is z₀²/(1 + z₁²/(d₁ − d₀)) to first order: far less than d₀'s last digit.
    [Fact]
    public void Root_NextToATerm_HasADistanceWithAllDigits()
    {
        double[] distances = new double[2];
        SecularEquation.Root([1, 2], [1e-40, 1], 0, distances);
        Assert.Equal(-0.5e-40, distances[0], Rounding.Stable(2, norm: 1e-40));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public void Root_OfManyTerms_LiesBetweenItsNeighboursAndAllSumToTheTrace(int n)
    {
        Random random = new(n);
        double[] d = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble()).Order()];
        double[] squares = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble())];
        double[] roots = [.. Enumerable.Range(0, n).Select(i => SecularEquation.Root(d, squares, i, new double[n]))];
        for (int i = 0; i < n; i++)
        {
            Assert.True(d[i] < roots[i]);
            Assert.True(i == n - 1 || roots[i] < d[i + 1]);
        }

        Assert.Equal(d.Sum() + squares.Sum(), roots.Sum(), Rounding.Stable(n, d.Sum() + squares.Sum()));
    }

    [Fact]
    public void Root_WhenThereIsNone_Throws() =>
        Assert.Throws<ArithmeticException>(() => SecularEquation.Root([0, 1], [double.NaN, 1], 0, new double[2]));
}
