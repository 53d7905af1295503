using MergeHost.Kernels.Algebra.Decompositions;
using static MergeHost.Kernels.Tests.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class TridiagonalValuesTests
{
    // W₂₁⁺ of Wilkinson has pairs of eigenvalues that differ by 1e-13 and less.
    [Fact]
    public void Solve_WhenValuesComeInNarrowPairs_FindsBothOfEach()
    {
        double[] values = [.. Enumerable.Range(-10, 21).Select(i => (double)int.Abs(i))];
        TridiagonalValues.Solve(values, [.. Enumerable.Repeat(1.0, 21)]);
        // n·ε·‖A‖, which is less than a pair's distance.
        const double Limit = 21 * Rounding.Double * 11;
        Assert.Equal(10.746194182903393, values[20], Limit);
        Assert.Equal(10.746194182903322, values[19], Limit);
        Assert.Equal(-1.1254415221199843, values[0], Limit);
    }

    [Fact]
    public void Solve_WhenTheMatrixFallsApart_TreatsEachPart()
    {
        double[] values = [1, 2, 5, 5, -3];
        TridiagonalValues.Solve(values, [0, 0, 2, 0, 0]);
        AssertBelow(Rounding.Stable(5, norm: 7), LargestDifference([-3, 1, 2, 3, 7], values));
    }

    [Fact]
    public void Solve_WhenThereIsNoEnd_Throws()
    {
        double[] values = [1, double.NaN, 2];
        Assert.Throws<ArithmeticException>(() => TridiagonalValues.Solve(values, [1, 1, 0]));
    }
}
