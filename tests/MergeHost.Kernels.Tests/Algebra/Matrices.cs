using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Kernels.Tests.Algebra;

/// <summary>Matrices for tests, and the plainest arithmetic on them.</summary>
internal static class Matrices
{
    public static Matrix<T> Of<T>(int rows, int columns, Func<int, int, T> number)
        where T : unmanaged
    {
        Matrix<T> matrix = new(rows, columns);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                matrix[row, column] = number(row, column);
            }
        }

        return matrix;
    }

    public static Matrix<double> Diagonal(IReadOnlyList<double> values) =>
        Of(values.Count, values.Count, (row, column) => row == column ? values[row] : 0);

    public static Matrix<float> Random(int rows, int columns, int seed)
    {
        Random random = new(seed);
        return Of(rows, columns, (_, _) => random.NextSingle() - 0.5f);
    }

    public static Matrix<double> RandomSymmetric(int n, int seed)
    {
        Random random = new(seed);
        Matrix<double> half = Of(n, n, (_, _) => random.NextDouble() - 0.5);
        return Of(n, n, (row, column) => half[row, column] + half[column, row]);
    }

    /// <summary>Whole numbers small enough for products and sums to be exact.</summary>
    public static Matrix<float> Whole(int rows, int columns, int seed)
    {
        Random random = new(seed);
        return Of(rows, columns, (_, _) => (float)random.Next(-8, 9));
    }

    /// <summary>2 beside −1: its eigenvalues are <c>2 − 2·cos(k·π/(n + 1))</c>.</summary>
    public static Matrix<double> SecondDifference(int n) =>
        Of(n, n, (row, column) => row == column ? 2.0 : int.Abs(row - column) == 1 ? -1.0 : 0.0);

    /// <summary>A reflection: symmetric and orthogonal, with no zeros.</summary>
    public static Matrix<double> Reflection(int n, int seed)
    {
        Random random = new(seed);
        double[] v = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() + 0.1)];
        double square = v.Sum(x => x * x);
        return Of(n, n, (row, column) => (row == column ? 1 : 0) - (2 * v[row] * v[column] / square));
    }

    /// <summary>Rows of 1 and −1 at right angles; n is a power of two.</summary>
    public static Matrix<double> Hadamard(int n) =>
        Of(n, n, (row, column) => int.IsEvenInteger(int.PopCount(row & column)) ? 1.0 : -1.0);

    public static Matrix<double> Product(Matrix<double> a, Matrix<double> b)
    {
        Matrix<double> result = new(a.Rows, b.Columns);
        for (int row = 0; row < a.Rows; row++)
        {
            Span<double> sums = result.Row(row);
            for (int i = 0; i < a.Columns; i++)
            {
                TensorPrimitives.MultiplyAdd(b.Row(i), a[row, i], sums, sums);
            }
        }

        return result;
    }

    public static Matrix<T> Transpose<T>(Matrix<T> a)
        where T : unmanaged => Of(a.Columns, a.Rows, (row, column) => a[column, row]);

    public static Matrix<double> Widen(Matrix<float> a) => Of(a.Rows, a.Columns, (row, column) => (double)a[row, column]);

    public static Matrix<float> Narrow(Matrix<double> a) => Of(a.Rows, a.Columns, (row, column) => (float)a[row, column]);

    public static double LargestDifference(Matrix<double> a, Matrix<double> b)
    {
        Assert.Equal((a.Rows, a.Columns), (b.Rows, b.Columns));
        double largest = 0;
        for (int row = 0; row < a.Rows; row++)
        {
            largest = double.Max(largest, LargestDifference(a.Row(row).ToArray(), b.Row(row).ToArray()));
        }

        return largest;
    }

    public static double LargestDifference(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        Assert.Equal(a.Count, b.Count);
        double largest = 0;
        for (int i = 0; i < a.Count; i++)
        {
            largest = double.Max(largest, double.Abs(a[i] - b[i]));
        }

        return largest;
    }

    /// <summary>Fails with both numbers in words.</summary>
    public static void AssertBelow(double limit, double found) =>
        Assert.True(found <= limit, $"{found:E2} is above the limit of {limit:E2}");

    /// <summary>How far the columns are from being orthonormal.</summary>
    public static double Skew(Matrix<double> a) =>
        LargestDifference(Product(Transpose(a), a), Of(a.Columns, a.Columns, (row, column) => row == column ? 1.0 : 0.0));
}
