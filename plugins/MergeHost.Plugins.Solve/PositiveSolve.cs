using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Plugins.Solve;

/// <summary>Solves <c>X A = B</c> for a symmetric A without negative eigenvalues: by its triangular factor, or
/// where it has none by its eigenvalues.</summary>
internal static class PositiveSolve
{
    private const int BlockRows = 128;

    // Statistics are float32: what is smaller, against the diagonal or the largest eigenvalue, is rounding.
    private const double Smallest = 1e-6;

    /// <summary><c>B A⁺</c></summary>
    /// <param name="b"><c>[out, in]</c></param>
    /// <param name="a"><c>[in, in]</c></param>
    /// <param name="algebra">Operations on matrices.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public static Matrix<double> Divide(Matrix<double> b, Matrix<double> a, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        Matrix<double> factor = Copy(a);
        return TryFactor(factor, algebra, cancellation)
            ? ByTriangles(b.Transpose(), factor, algebra, cancellation)
            : ByEigenvalues(b, a, algebra);
    }

    // A = L Lᵀ, block by block from the left; L takes the place of the lower triangle.
    private static bool TryFactor(Matrix<double> a, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        double[] diagonal = [.. Enumerable.Range(0, a.Rows).Select(i => a.Row(i)[i])];
        for (int k = 0; k < a.Rows; k += BlockRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int width = Math.Min(BlockRows, a.Rows - k);
            for (int row = k; row < a.Rows; row++)
            {
                Span<double> numbers = a.Row(row)[k..];
                for (int column = 0; column < Math.Min(width, row - k + 1); column++)
                {
                    Span<double> other = a.Row(k + column)[k..];
                    double rest = numbers[column] - TensorPrimitives.Dot<double>(numbers[..column], other[..column]);
                    if (row != k + column)
                    {
                        numbers[column] = rest / other[column];
                    }
                    else if (rest > Smallest * diagonal[row])
                    {
                        numbers[column] = Math.Sqrt(rest);
                    }
                    else
                    {
                        return false;
                    }
                }
            }

            Matrix<double> panel = Part(a, k + width, k, width);
            for (int first = 0; first < panel.Rows; first += BlockRows)
            {
                int count = Math.Min(BlockRows, panel.Rows - first);
                Matrix<double> update = algebra.Product(Rows(panel, first, panel.Rows - first), Rows(panel, first, count),
                    transposeB: true);
                for (int row = 0; row < update.Rows; row++)
                {
                    Span<double> target = a.Row(k + width + first + row).Slice(k + width + first, count);
                    TensorPrimitives.Subtract<double>(target, update.Row(row), target);
                }
            }
        }

        return true;
    }

    // L Y = Bᵀ, then Lᵀ Xᵀ = Y, in place.
    private static Matrix<double> ByTriangles(Matrix<double> x, Matrix<double> l, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        for (int k = 0; k < l.Rows; k += BlockRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int width = Math.Min(BlockRows, l.Rows - k);
            if (k > 0)
            {
                Matrix<double> left = new(width, k);
                for (int row = 0; row < width; row++)
                {
                    l.Row(k + row)[..k].CopyTo(left.Row(row));
                }

                Subtract(Rows(x, k, width), algebra.Product(left, Rows(x, 0, k)));
            }

            for (int row = k; row < k + width; row++)
            {
                for (int column = k; column < row; column++)
                {
                    Eliminate(x.Row(row), x.Row(column), l.Row(row)[column]);
                }

                TensorPrimitives.Divide(x.Row(row), l.Row(row)[row], x.Row(row));
            }
        }

        for (int k = (l.Rows - 1) / BlockRows * BlockRows; k >= 0; k -= BlockRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int width = Math.Min(BlockRows, l.Rows - k);
            if (k + width < l.Rows)
            {
                Subtract(Rows(x, k, width),
                    algebra.Product(Part(l, k + width, k, width), Rows(x, k + width, l.Rows - k - width), transposeA: true));
            }

            for (int row = k + width - 1; row >= k; row--)
            {
                for (int below = row + 1; below < k + width; below++)
                {
                    Eliminate(x.Row(row), x.Row(below), l.Row(below)[row]);
                }

                TensorPrimitives.Divide(x.Row(row), l.Row(row)[row], x.Row(row));
            }
        }

        return x.Transpose();
    }

    private static Matrix<double> ByEigenvalues(Matrix<double> b, Matrix<double> a, ILinearAlgebra algebra)
    {
        SymmetricEigen eigen = algebra.SymmetricEigen(a, vectors: true);
        double least = Smallest * eigen.Values[^1];
        double[] inverses = [.. eigen.Values.Select(value => value > least ? 1 / value : 0)];
        Matrix<double> turned = algebra.Product(b, eigen.Vectors!.Value);
        for (int row = 0; row < turned.Rows; row++)
        {
            TensorPrimitives.Multiply(turned.Row(row), inverses, turned.Row(row));
        }

        return algebra.Product(turned, eigen.Vectors.Value, transposeB: true);
    }

    private static void Eliminate(Span<double> row, Span<double> other, double factor) =>
        TensorPrimitives.MultiplyAdd(other, -factor, row, row);

    private static void Subtract(Matrix<double> from, Matrix<double> what) =>
        TensorPrimitives.Subtract<double>(from.Elements.Span, what.Elements.Span, from.Elements.Span);

    private static Matrix<double> Rows(Matrix<double> matrix, int first, int count) =>
        new(count, matrix.Columns, matrix.Elements.Slice(first * matrix.Columns, count * matrix.Columns));

    // All rows from one on, of some columns.
    private static Matrix<double> Part(Matrix<double> matrix, int firstRow, int firstColumn, int columns)
    {
        Matrix<double> part = new(matrix.Rows - firstRow, columns);
        for (int row = 0; row < part.Rows; row++)
        {
            matrix.Row(firstRow + row).Slice(firstColumn, columns).CopyTo(part.Row(row));
        }

        return part;
    }

    private static Matrix<double> Copy(Matrix<double> matrix) => new(matrix.Rows, matrix.Columns, matrix.Elements.ToArray());
}
