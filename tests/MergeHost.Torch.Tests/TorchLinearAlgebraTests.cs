using MergeHost.Algebra;
using MergeHost.Kernels.Tests.Algebra;
using TorchSharp;

namespace MergeHost.Torch.Tests;

public sealed class TorchLinearAlgebraTests
{
    private static readonly Matrix<float> _tall = new(4, 3, Random(12));

    private static TorchLinearAlgebra Algebra => new(new DeviceSpec(DeviceKind.TorchCpu));

    [TorchTheory]
    [InlineData(false, false, new float[] { 27, 30, 33, 61, 68, 75, 95, 106, 117 })]
    [InlineData(true, true, new float[] { 76, 103, 100, 136 })]
    public void Multiply_TransposesAsAsked(bool transposeA, bool transposeB, float[] expected)
    {
        Matrix<float> a = new(3, 2, new float[] { 1, 2, 3, 4, 5, 6 });
        Matrix<float> b = new(2, 3, new float[] { 7, 8, 9, 10, 11, 12 });
        Assert.Equal(expected, Algebra.Multiply(a, b, transposeA, transposeB).Elements.ToArray());
    }

    [TorchFact]
    public void Multiply_RoundsOnce()
    {
        // In float32 the 1 is lost against 1e8.
        Matrix<float> row = new(1, 3, new float[] { 1e8f, 1, -1e8f });
        Matrix<float> column = new(3, 1, new float[] { 1, 1, 1 });
        Assert.Equal([1], Algebra.Multiply(row, column).Elements.ToArray());
    }

    [TorchFact]
    public void Multiply_WhenInnerExtentsDiffer_NamesBoth()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Algebra.Multiply(_tall, _tall));
        Assert.Contains("3 and 4", exception.Message);
    }

    [TorchTheory]
    [InlineData(2, 3, new double[] { 14, 32, 32, 77 })]
    [InlineData(3, 2, new double[] { 35, 44, 44, 56 })]
    public void Gram_IsOfTheShorterSide(int rows, int columns, double[] expected)
    {
        Matrix<double> gram = Algebra.Gram(new Matrix<float>(rows, columns, new float[] { 1, 2, 3, 4, 5, 6 }));
        Assert.Equal((2, 2), (gram.Rows, gram.Columns));
        Assert.Equal(expected, gram.Elements.ToArray());
    }

    [TorchTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void SymmetricEigen_ReadsTheLowerTriangleOnly(bool vectors)
    {
        Matrix<double> a = new(2, 2, new double[] { 2, double.NaN, 1, 2 });
        SymmetricEigen eigen = Algebra.SymmetricEigen(a, vectors);
        AssertNear([1, 3], eigen.Values, Rounding.Stable(2, norm: 3));
        Assert.Equal(vectors, eigen.Vectors is not null);
    }

    [TorchFact]
    public void SymmetricEigen_VectorsAreColumns()
    {
        Matrix<double> a = new(2, 2, new double[] { 5, 0, 0, 2 });
        Matrix<double> vectors = Algebra.SymmetricEigen(a, vectors: true).Vectors!.Value;
        AssertNear([0, 1, 1, 0], [.. vectors.Elements.ToArray().Select(Math.Abs)], Rounding.Stable(2));
    }

    [TorchFact]
    public void SymmetricEigen_WhenNotSquare_NamesRowsAndColumns()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Algebra.SymmetricEigen(new Matrix<double>(2, 3)));
        Assert.Contains("2 rows and 3 columns", exception.Message);
    }

    [TorchFact]
    public void SingularValues_Descend()
    {
        Matrix<float> a = new(2, 3, new float[] { 3, 0, 0, 0, -4, 0 });
        AssertNear([4, 3], Algebra.SingularValues(a), Rounding.ThroughGram(2, norm: 4, value: 3));
    }

    [TorchFact]
    public void SingularValues_OfASingularMatrix_AreNotNaN()
    {
        IReadOnlyList<double> values = Algebra.SingularValues(new Matrix<float>(3, 3, new float[] { 1, 2, 3, 2, 4, 6, 3, 6, 9 }));
        AssertNear([14, 0, 0], values, Rounding.ThroughGram(3, norm: 14, value: 0));
    }

    [TorchTheory]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    public void Decompose_GivesOrthonormalFactorsOfTheMatrix(int rows, int columns)
    {
        Matrix<float> a = new(rows, columns, Random(rows * columns));
        SingularValueDecomposition svd = Algebra.Decompose(a);
        Assert.Equal((rows, 3, columns, 3), (svd.U.Rows, svd.U.Columns, svd.V.Rows, svd.V.Columns));
        AssertNear(Algebra.SingularValues(a), svd.S, 2 * Rounding.ThroughGram(4, svd.S[0], svd.S[^1]));
        AssertIdentity(svd.U);
        AssertIdentity(svd.V);
        float[] scaled = [.. svd.U.Elements.ToArray().Select((value, i) => (float)(value * svd.S[i % 3]))];
        AssertNear(a, Algebra.Multiply(new Matrix<float>(rows, 3, scaled), svd.V, transposeB: true), 2 * Rounding.Stored(4, svd.S[0]));
    }

    [TorchFact]
    public void Qr_HasANonNegativeDiagonal()
    {
        (Matrix<float> q, Matrix<float> r) = Algebra.Qr(_tall);
        Assert.Equal((4, 3, 3, 3), (q.Rows, q.Columns, r.Rows, r.Columns));
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(r[i, i] >= 0));
        Assert.Equal([0, 0, 0], [r[1, 0], r[2, 0], r[2, 1]]);
        AssertIdentity(q);
        AssertNear(_tall, Algebra.Multiply(q, r), 2 * Rounding.Stored(4, Algebra.SingularValues(_tall)[0]));
    }

    [TorchFact]
    public void Qr_WhenThereAreMoreColumns_NamesBoth()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Algebra.Qr(new Matrix<float>(2, 3)));
        Assert.Contains("3 columns are more than 2 rows", exception.Message);
    }

    [TorchTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Iterations_OnNonFiniteNumbers_Refuse(float value)
    {
        Matrix<float> a = new(2, 2, new[] { 1, value, 2, 3 });
        Assert.Throws<ArithmeticException>(() => Algebra.SingularValues(a));
        Assert.Throws<ArithmeticException>(() => Algebra.Decompose(a));
        Assert.Throws<ArithmeticException>(() => Algebra.SymmetricEigen(new Matrix<double>(2, 2, new[] { 1.0, 0, value, 1 })));
    }

    [TorchFact]
    public void NoOperation_LeavesATensorAlive()
    {
        TorchLinearAlgebra algebra = Algebra;
        long before = torch.Tensor.TotalCount;
        algebra.Multiply(_tall, _tall, transposeA: true);
        algebra.SymmetricEigen(algebra.Gram(_tall), vectors: true);
        algebra.SingularValues(_tall);
        algebra.Decompose(_tall);
        algebra.Qr(_tall);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [CudaFact]
    public void Operations_OnAGpu_AgreeWithTheProcessor()
    {
        TorchLinearAlgebra gpu = new(new DeviceSpec(DeviceKind.Cuda));
        IReadOnlyList<double> values = Algebra.SingularValues(_tall);
        AssertNear(values, gpu.SingularValues(_tall), 2 * Rounding.ThroughGram(4, values[0], values[^1]));
        AssertNear(Algebra.Qr(_tall).R, gpu.Qr(_tall).R, 2 * Rounding.Stored(4, values[0]) * values[0] / values[^1]);
        Assert.Equal(
            Algebra.Multiply(_tall, _tall, transposeB: true).Elements.ToArray(),
            gpu.Multiply(_tall, _tall, transposeB: true).Elements.ToArray());
    }

    private static float[] Random(int count)
    {
        Random random = new(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    private static void AssertIdentity(Matrix<float> orthonormal)
    {
        Matrix<float> product = Algebra.Multiply(orthonormal, orthonormal, transposeA: true);
        Matrix<float> identity = new(product.Rows, product.Columns);
        for (int i = 0; i < identity.Rows; i++)
        {
            identity[i, i] = 1;
        }

        AssertNear(identity, product, 2 * Rounding.Stored(product.Rows));
    }

    private static void AssertNear(Matrix<float> expected, Matrix<float> actual, double tolerance) =>
        AssertNear(Doubles(expected), Doubles(actual), tolerance);

    private static double[] Doubles(Matrix<float> matrix) => [.. matrix.Elements.ToArray().Select(value => (double)value)];

    private static void AssertNear(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
