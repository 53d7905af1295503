using MergeHost.Algebra;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Rows and columns of a matrix in each other's place, where an operation takes no factor as it lies.</summary>
public static class Transposition
{
    /// <summary>The transposed matrix, as a copy.</summary>
    public static Matrix<T> Transpose<T>(this Matrix<T> matrix)
        where T : unmanaged
    {
        Matrix<T> result = new(matrix.Columns, matrix.Rows);
        Span<T> to = result.Elements.Span;
        for (int row = 0; row < matrix.Rows; row++)
        {
            ReadOnlySpan<T> from = matrix.Row(row);
            for (int column = 0; column < from.Length; column++)
            {
                to[(column * matrix.Rows) + row] = from[column];
            }
        }

        return result;
    }
}
