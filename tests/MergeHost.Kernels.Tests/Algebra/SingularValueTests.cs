using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using static MergeHost.Kernels.Tests.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class SingularValueTests
{
    private static readonly ManagedLinearAlgebra _algebra = new(threads: 2);

    [Theory]
    [InlineData(40, 90)]
    [InlineData(90, 40)]
    [InlineData(33, 33)]
    [InlineData(1, 6)]
    [InlineData(6, 1)]
    [InlineData(180, 260)]
    public void Decompose_OfRandomMatrices_MakesTheMatrixFromOrthonormalColumns(int rows, int columns)
    {
        Matrix<float> a = Random(rows, columns, seed: 1);
        SingularValueDecomposition parts = _algebra.Decompose(a);
        AssertMakes(a, parts);
        Assert.All(parts.S.Zip(_algebra.SingularValues(a)), pair => AssertBelow(
            2 * Rounding.ThroughGram(int.Max(rows, columns), parts.S[0], pair.First), double.Abs(pair.First - pair.Second)));
        Assert.Equal(parts.S.OrderDescending(), parts.S);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void Decompose_WhenTheRankIsLow_StillHasOrthonormalColumns(int rank)
    {
        Matrix<float> a = rank == 0 ? new(60, 100) : _algebra.Multiply(Random(60, rank, seed: 2), Random(rank, 100, seed: 3));
        foreach (Matrix<float> matrix in (Matrix<float>[])[a, Transpose(a)])
        {
            SingularValueDecomposition parts = _algebra.Decompose(matrix);
            AssertMakes(matrix, parts);

            // The matrix is a product that was rounded to float32.
            double rounded = Rounding.Single / 2 * Norm(matrix);
            Assert.All(parts.S.Skip(rank), value => AssertBelow(rounded + Rounding.ThroughGram(100, parts.S[0], 0), value));
        }
    }

    // H·diag(s)·H′ with H and H′ of 1 and −1: all numbers are whole and exact, and the singular values are known.
    [Theory]
    [InlineData(64, 64)]
    [InlineData(64, 128)]
    [InlineData(128, 64)]
    public void SingularValues_WhenTheyAreKnown_AreRightToTheStatedLimit(int rows, int columns)
    {
        int count = int.Min(rows, columns);
        double[] chosen = [.. Enumerable.Range(0, count).Select(i => double.Round(double.Exp2(17 - (17.0 * i / (count - 1)))))];
        Matrix<double> left = Hadamard(count);
        Matrix<double> right = Hadamard(int.Max(rows, columns));
        Matrix<double> rightRows = Of(count, right.Rows, (row, column) => right[row, column]);
        Matrix<double> wide = Product(Product(left, Diagonal(chosen)), rightRows);
        Matrix<double> exact = rows <= columns ? wide : Transpose(wide);
        Matrix<float> a = Narrow(exact);
        Assert.Equal(0, LargestDifference(exact, Widen(a)));
        double[] expected = [.. chosen.Select(s => s * double.Sqrt((double)rows * columns))];
        IReadOnlyList<double> values = _algebra.SingularValues(a);
        for (int i = 0; i < count; i++)
        {
            double limit = double.Min(Rounding.ThroughGram(int.Max(rows, columns), expected[0], expected[i]), 1e-8 * expected[0]);
            Assert.Equal(expected[i], values[i], limit);
        }
    }

    // Singular values of the matrix 1/(i + j + 1) rounded to float32, computed with 60 digits. The last two are below 1e-7·σ₁.
    [Fact]
    public void SingularValues_OfTheHilbertMatrix_AreRightEvenWhereTheGramMatrixKnowsNothing()
    {
        double[] expected =
        [
            1.6959390139951210961, 0.29812521180116385945, 0.026212847739411281012, 0.0014676919181383017368,
            0.000054370669725192147938, 1.2941966393842466278e-6, 1.9529043052002300814e-8, 1.1314211328708326155e-9,
        ];
        IReadOnlyList<double> values = _algebra.SingularValues(Of(8, 8, (row, column) => 1f / (row + column + 1)));
        AssertBelow(Rounding.ThroughGram(8, expected[0], 1e-4 * expected[0]), LargestDifference(expected, values));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void SingularValues_WhenTheRankIsLow_AreNothingBeyondIt(int rank)
    {
        Matrix<float> a = _algebra.Multiply(Whole(150, rank, seed: 8), Whole(rank, 170, seed: 9));
        foreach (IReadOnlyList<double> values in (IReadOnlyList<double>[])[_algebra.SingularValues(a), _algebra.Decompose(a).S])
        {
            Assert.All(values.Take(rank), value => Assert.True(value > 0.01 * values[0]));
            Assert.All(values.Skip(rank), value => AssertBelow(Rounding.Stable(170, values[0]), value));
        }
    }

    [Fact]
    public void SingularValues_WhenTheMatrixIsTransposed_StayTheSame()
    {
        Matrix<float> a = Random(50, 120, seed: 4);
        Assert.Equal(_algebra.SingularValues(a), _algebra.SingularValues(Transpose(a)));
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e30f)]
    public void SingularValues_WhenTheMatrixIsScaled_AreScaled(float factor)
    {
        Matrix<float> a = Random(30, 40, seed: 5);
        Matrix<float> scaled = Of(30, 40, (row, column) => factor * a[row, column]);
        double[] expected = [.. _algebra.SingularValues(a).Select(value => value * factor)];
        AssertBelow(Rounding.Single * Norm(scaled), LargestDifference(expected, _algebra.SingularValues(scaled)));
    }

    [Fact]
    public void SingularValues_Always_HaveTheMatrixsNorm()
    {
        Matrix<float> a = Random(90, 70, seed: 6);
        double norm = Norm(a);
        Assert.Equal(norm, double.Sqrt(_algebra.SingularValues(a).Sum(value => value * value)), Rounding.Stable(90 * 70, norm));
    }

    [Fact]
    public void SingularValues_WhenANumberIsNaN_Throw()
    {
        Matrix<float> a = Random(5, 9, seed: 7);
        a[2, 2] = float.NaN;
        Assert.Throws<ArithmeticException>(() => _algebra.SingularValues(a));
        Assert.Throws<ArithmeticException>(() => _algebra.Decompose(a));
    }

    [Fact]
    public void Decompose_OfNothing_IsEmpty()
    {
        SingularValueDecomposition parts = _algebra.Decompose(new(0, 4));
        Assert.Empty(parts.S);
        Assert.Equal((0, 0, 4, 0), (parts.U.Rows, parts.U.Columns, parts.V.Rows, parts.V.Columns));
    }

    private static void AssertMakes(Matrix<float> a, SingularValueDecomposition parts)
    {
        int n = int.Max(a.Rows, a.Columns);
        AssertBelow(Rounding.Stored(n), Skew(Widen(parts.U)));
        AssertBelow(Rounding.Stored(n), Skew(Widen(parts.V)));
        AssertBelow(Rounding.Stored(n, parts.S[0]), LargestDifference(Widen(a), Again(parts)));
    }

    private static double Norm(Matrix<float> a) => double.Sqrt(a.Elements.ToArray().Sum(x => (double)x * x));

    private static Matrix<double> Again(SingularValueDecomposition parts) =>
        Product(Product(Widen(parts.U), Diagonal(parts.S)), Transpose(Widen(parts.V)));
}
