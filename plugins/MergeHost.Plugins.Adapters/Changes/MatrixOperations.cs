using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>What adapters need of small matrices.</summary>
internal static class MatrixOperations
{
    /// <summary>All numbers times a factor.</summary>
    public static Matrix<float> Times(this Matrix<float> matrix, double factor)
    {
        const int run = 1024;
        float[] result = matrix.Elements.ToArray();
        Span<double> wide = stackalloc double[run];
        for (int first = 0; first < result.Length; first += run)
        {
            Span<float> part = result.AsSpan(first, Math.Min(run, result.Length - first));
            TensorPrimitives.ConvertTruncating<float, double>(part, wide);
            TensorPrimitives.Multiply(wide, factor, wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide[..part.Length], part);
        }

        return new(matrix.Rows, matrix.Columns, result);
    }

    /// <summary>Makes a matrix of its elements.</summary>
    public static Matrix<float> Make(int rows, int columns, Func<int, int, double> element)
    {
        Matrix<float> result = new(rows, columns);
        for (int row = 0; row < rows; row++)
        {
            Span<float> to = result.Row(row);
            for (int column = 0; column < columns; column++)
            {
                to[column] = (float)element(row, column);
            }
        }

        return result;
    }

    /// <summary><c>a · b</c></summary>
    public static Matrix<float> Multiply(Matrix<float> a, Matrix<float> b)
    {
        Matrix<float> result = new(a.Rows, b.Columns);
        RowProduct.Add(a.Elements.Span, b.Elements.Span, a.Columns, result.Elements.Span, b.Columns);
        return result;
    }

    /// <summary>Some rows.</summary>
    public static Matrix<float> Slice(this Matrix<float> matrix, int firstRow, int rows) =>
        new(rows, matrix.Columns, matrix.Elements.Slice(firstRow * matrix.Columns, rows * matrix.Columns));
}
