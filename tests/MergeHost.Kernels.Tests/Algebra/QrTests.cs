using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using static MergeHost.Kernels.Tests.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class QrTests
{
    private static readonly ManagedLinearAlgebra _algebra = new(threads: 2);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 1)]
    [InlineData(5, 0)]
    [InlineData(40, 40)]
    [InlineData(64, 64)]
    [InlineData(150, 65)]
    [InlineData(300, 200)]
    public void Qr_OfRandomMatrices_MakesTheMatrixFromOrthonormalColumns(int rows, int columns)
    {
        Matrix<float> a = Random(rows, columns, seed: 1);
        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(a);
        AssertIsQr(a, q, r);
    }

    [Fact]
    public void Qr_WhenColumnsDependOnOthers_StillHasOrthonormalColumns()
    {
        Matrix<float> a = _algebra.Multiply(Random(90, 3, seed: 2), Random(3, 70, seed: 3));
        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(a);
        AssertIsQr(a, q, r);
    }

    [Fact]
    public void Qr_OfZeros_IsAnIdentityAndZeros()
    {
        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(new(6, 4));
        AssertIsQr(new(6, 4), q, r);
        Assert.All(r.Elements.ToArray(), number => Assert.Equal(0, number));
    }

    [Fact]
    public void Qr_OfATriangleWithAPositiveDiagonal_IsThatTriangle()
    {
        Matrix<float> triangle = Of(5, 5, (row, column) => column < row ? 0f : 1 + row + column);
        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(triangle);
        AssertBelow(Rounding.Stored(5, Norm(triangle)), LargestDifference(Widen(triangle), Widen(r)));
        AssertBelow(Rounding.Stored(5), LargestDifference(Diagonal([1, 1, 1, 1, 1]), Widen(q)));
    }

    [Fact]
    public void Qr_WhenANumberIsNaN_HasNaN()
    {
        Matrix<float> a = Random(8, 3, seed: 4);
        a[1, 0] = float.NaN;
        Assert.Contains(_algebra.Qr(a).R.Elements.ToArray(), float.IsNaN);
    }

    [Fact]
    public void Qr_OfMoreColumnsThanRows_NamesTheShape()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => _algebra.Qr(new(2, 3)));
        Assert.Contains("[2, 3]", exception.Message, StringComparison.Ordinal);
    }

    private static double Norm(Matrix<float> a) => double.Sqrt(a.Elements.ToArray().Sum(x => (double)x * x));

    private static void AssertIsQr(Matrix<float> a, Matrix<float> q, Matrix<float> r)
    {
        AssertBelow(Rounding.Stored(a.Rows), Skew(Widen(q)));
        AssertBelow(Rounding.Stored(a.Rows, Norm(a)), LargestDifference(Widen(a), Product(Widen(q), Widen(r))));
        for (int row = 0; row < r.Rows; row++)
        {
            Assert.True(r[row, row] >= 0);
            Assert.All(r.Row(row)[..row].ToArray(), number => Assert.Equal(0, number));
        }
    }
}
