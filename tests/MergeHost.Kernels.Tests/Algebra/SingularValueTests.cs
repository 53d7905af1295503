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

    [Theory]
    [InlineData(40, 90, 7)]
    [InlineData(90, 40, 1)]
    [InlineData(200, 180, 60)]
    [InlineData(30, 20, 99)]
    [InlineData(5, 9, 0)]
    public void Decompose_CutOff_IsTheBeginningOfTheWhole(int rows, int columns, int count)
    {
        Matrix<float> a = Random(rows, columns, seed: 11);
        SingularValueDecomposition whole = _algebra.Decompose(a);
        SingularValueDecomposition cut = _algebra.Decompose(a, count);
        int kept = int.Min(count, whole.S.Count);
        Assert.Equal((rows, kept, columns, kept), (cut.U.Rows, cut.U.Columns, cut.V.Rows, cut.V.Columns));
        AssertBelow(Rounding.Stable(rows * columns, whole.S[0]), LargestDifference([.. whole.S.Take(kept)], cut.S));
        AssertBelow(Rounding.Stored(int.Max(rows, columns), whole.S[0]), LargestDifference(Again(First(whole, kept)), Again(cut)));
    }

    // Beyond the rank the values are nothing and the vectors are still orthonormal.
    [Fact]
    public void Decompose_CutOffBeyondTheRank_HasOrthonormalColumns()
    {
        Matrix<float> a = _algebra.Multiply(Random(60, 5, seed: 2), Random(5, 100, seed: 3));
        SingularValueDecomposition cut = _algebra.Decompose(a, 20);
        AssertBelow(Rounding.Stored(100), Skew(Widen(cut.U)));
        AssertBelow(Rounding.Stored(100), Skew(Widen(cut.V)));
        AssertBelow(Rounding.Stored(100, cut.S[0]), LargestDifference(Widen(a), Again(cut)));
    }

    [Theory]
    [InlineData(40, 90)]
    [InlineData(90, 40)]
    [InlineData(33, 33)]
    [InlineData(1, 6)]
    public void Polar_OfRandomMatrices_IsTheNearestIsometry(int rows, int columns)
    {
        Matrix<float> a = Random(rows, columns, seed: 12);
        Matrix<double> polar = Widen(_algebra.Polar(a));
        int n = int.Max(rows, columns);
        AssertBelow(Rounding.Stored(n), Skew(rows >= columns ? polar : Transpose(polar)));

        // The other factor, aᵀ·polar, is symmetric and has no eigenvalue below zero.
        Matrix<double> other = rows >= columns ? Product(Transpose(polar), Widen(a)) : Product(polar, Transpose(Widen(a)));
        double norm = _algebra.SingularValues(a)[0];
        AssertBelow(Rounding.Stored(n, norm), LargestDifference(other, Transpose(other)));
        AssertBelow(Rounding.Stored(n, norm), -_algebra.SymmetricEigen(other).Values[0]);
    }

    [Fact]
    public void Polar_OfAMatrixOfLowRank_LeavesOutWhatIsRounding()
    {
        Matrix<float> half = Random(50, 8, seed: 13);
        Matrix<float> twice = Of(50, 16, (row, column) => half[row, column % 8]);
        Matrix<double> polar = Widen(_algebra.Polar(twice));
        Matrix<double> once = Widen(_algebra.Polar(half));
        AssertBelow(Rounding.Stored(50), LargestDifference(Of(50, 16, (row, column) => once[row, column % 8] / double.Sqrt(2)), polar));
        Assert.All(_algebra.Polar(new(6, 4)).Elements.ToArray(), number => Assert.Equal(0, number));
    }

    [Fact]
    public void Product_InFloat64_KeepsAllDigits()
    {
        Matrix<double> a = Of(17, 130, (row, column) => 1.0 / (1 + row + (3 * column)));
        Matrix<double> b = Of(19, 130, (row, column) => 1.0 / (2 + (5 * row) + column));
        AssertBelow(Rounding.Stable(130, 1), LargestDifference(Product(a, Transpose(b)), _algebra.Product(a, b, transposeB: true)));
        AssertBelow(Rounding.Stable(130, 1), LargestDifference(Product(Transpose(a), a), _algebra.Product(a, a, transposeA: true)));
        AssertBelow(Rounding.Stable(130, 2), LargestDifference(Product(a, Transpose(a)), _algebra.Gram(a)));
        Assert.Throws<ArgumentException>(() => _algebra.Product(a, b));
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

    private static SingularValueDecomposition First(SingularValueDecomposition parts, int count) => new(
        Of(parts.U.Rows, count, (row, column) => parts.U[row, column]), [.. parts.S.Take(count)],
        Of(parts.V.Rows, count, (row, column) => parts.V[row, column]));

    private static double Norm(Matrix<float> a) => double.Sqrt(a.Elements.ToArray().Sum(x => (double)x * x));

    private static Matrix<double> Again(SingularValueDecomposition parts) =>
        Product(Product(Widen(parts.U), Diagonal(parts.S)), Transpose(Widen(parts.V)));
}
