using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Vectors;
using static MergeHost.Kernels.Tests.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class ManagedLinearAlgebraTests
{
    private static readonly ManagedLinearAlgebra _algebra = new(threads: 2);

    public static TheoryData<LaneWidth> Widths => [LaneWidth.Bits512, LaneWidth.Bits256, LaneWidth.Bits128];

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 7)]
    [InlineData(4, 256, 24)]
    [InlineData(29, 257, 99)]
    [InlineData(0, 4, 3)]
    [InlineData(3, 0, 4)]
    public void Multiply_OfWholeNumbers_IsExactForEveryTransposition(int rows, int depth, int columns)
    {
        Matrix<float> a = Whole(rows, depth, seed: 1);
        Matrix<float> b = Whole(depth, columns, seed: 2);
        Matrix<float> expected = Narrow(Product(Widen(a), Widen(b)));
        AssertSameBits(expected, _algebra.Multiply(a, b));
        AssertSameBits(expected, _algebra.Multiply(Transpose(a), b, transposeA: true));
        AssertSameBits(expected, _algebra.Multiply(a, Transpose(b), transposeB: true));
        AssertSameBits(expected, _algebra.Multiply(Transpose(a), Transpose(b), transposeA: true, transposeB: true));
    }

    [Fact]
    public void Multiply_WhenLargeNumbersCancel_KeepsWhatFloat32WouldLose()
    {
        Matrix<float> a = new(1, 3, new float[] { 1e8f, 1, -1e8f });
        Matrix<float> b = new(3, 1, new float[] { 1, 1, 1 });
        Assert.Equal(1, _algebra.Multiply(a, b)[0, 0]);
    }

    [Fact]
    public void Multiply_OfMoreRowsThanAreSummedAtOnce_IsExact()
    {
        Matrix<float> a = Whole(600, 5, seed: 1);
        Matrix<float> b = Whole(5, 30, seed: 2);
        AssertSameBits(Narrow(Product(Widen(a), Widen(b))), _algebra.Multiply(a, b));
    }

    [Fact]
    public void Multiply_WhenAnArgumentHasNaN_HasNaNInItsRowOnly()
    {
        Matrix<float> a = Whole(9, 8, seed: 1);
        a[3, 2] = float.NaN;
        Matrix<float> result = _algebra.Multiply(a, Whole(8, 5, seed: 2));
        for (int row = 0; row < result.Rows; row++)
        {
            Assert.All(result.Row(row).ToArray(), number => Assert.Equal(row == 3, float.IsNaN(number)));
        }
    }

    [Fact]
    public void Multiply_WhenInnerExtentsDiffer_NamesBoth()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => _algebra.Multiply(new(2, 3), new(4, 2)));
        Assert.Contains("3 columns", exception.Message, StringComparison.Ordinal);
        Assert.Contains("4 rows", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 300)]
    [InlineData(300, 7)]
    [InlineData(101, 101)]
    [InlineData(0, 5)]
    public void Gram_OfWholeNumbers_IsExactAndOfTheShorterSide(int rows, int columns)
    {
        Matrix<float> a = Whole(rows, columns, seed: 3);
        Matrix<double> shorter = Widen(rows <= columns ? a : Transpose(a));
        Matrix<double> gram = _algebra.Gram(a);
        Assert.Equal(0, LargestDifference(Product(shorter, Transpose(shorter)), gram));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Everything_AtEveryWidth_IsTheSameOrNearlySo(LaneWidth width)
    {
        Matrix<float> a = Random(70, 300, seed: 4);
        ManagedLinearAlgebra other = new(threads: 3, width);
        AssertSameBits(_algebra.Gram(a), other.Gram(a));
        AssertSameBits(_algebra.Multiply(a, a, transposeB: true), other.Multiply(a, a, transposeB: true));
        IReadOnlyList<double> values = _algebra.SingularValues(a);
        AssertBelow(2 * Rounding.ThroughGram(300, values[0], values[^1]), LargestDifference(values, other.SingularValues(a)));
        AssertBelow(2 * Rounding.Stored(300, values[0]),
            LargestDifference(Widen(_algebra.Qr(Transpose(a)).R), Widen(other.Qr(Transpose(a)).R)));
    }

    [Fact]
    public void Everything_WithOneTwoAndSevenThreads_HasTheSameBits()
    {
        Matrix<float> a = Random(200, 310, seed: 5);
        ManagedLinearAlgebra one = new(threads: 1);
        Matrix<double> gram = one.Gram(a);
        SymmetricEigen eigen = one.SymmetricEigen(gram, vectors: true);
        foreach (int threads in (int[])[2, 7])
        {
            ManagedLinearAlgebra many = new(threads);
            AssertSameBits(one.Multiply(a, a, transposeB: true), many.Multiply(a, a, transposeB: true));
            AssertSameBits(gram, many.Gram(a));
            Assert.Equal(one.SingularValues(a), many.SingularValues(a));
            Assert.Equal(one.SymmetricEigen(gram).Values, many.SymmetricEigen(gram).Values);
            Assert.Equal(eigen.Values, many.SymmetricEigen(gram, vectors: true).Values);
            AssertSameBits(eigen.Vectors!.Value, many.SymmetricEigen(gram, vectors: true).Vectors!.Value);
            AssertSameBits(one.Decompose(a).V, many.Decompose(a).V);
            AssertSameBits(one.Qr(Transpose(a)).Q, many.Qr(Transpose(a)).Q);
        }
    }

    [Fact]
    public void Everything_LeavesItsArgumentsAsTheyAre()
    {
        Matrix<float> a = Random(20, 12, seed: 6);
        Matrix<double> symmetric = RandomSymmetric(20, seed: 7);
        float[] numbers = a.Elements.ToArray();
        double[] more = symmetric.Elements.ToArray();
        _algebra.Multiply(a, a, transposeA: true);
        _algebra.Gram(a);
        _algebra.SingularValues(a);
        _algebra.Decompose(a);
        _algebra.Qr(a);
        _algebra.SymmetricEigen(symmetric, vectors: true);
        Assert.Equal(numbers, a.Elements.ToArray());
        Assert.Equal(more, symmetric.Elements.ToArray());
    }

    [Fact]
    public void Constructor_WhenThreadsAreBelowOne_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ManagedLinearAlgebra(threads: 0));

    private static void AssertSameBits<T>(Matrix<T> expected, Matrix<T> actual)
        where T : unmanaged
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        Assert.Equal(expected.Elements.ToArray(), actual.Elements.ToArray());
    }
}
