using System.Numerics.Tensors;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Scales each row, or each column, of the changed matrix to a length that was trained: <c>m·V/‖V‖</c>.</summary>
/// <param name="inner">The change before: <c>V = W + s·B·A</c>.</param>
/// <param name="magnitudes">The lengths.</param>
/// <seealso href="https://arxiv.org/abs/2402.09353">DoRA</seealso>
internal sealed class DoraRowChange(IRowChange inner, float[] magnitudes) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        inner.Apply(firstRow, values, columns);
        for (int row = 0; row < values.Length / columns; row++)
        {
            Span<float> line = values.Slice(row * columns, columns);
            double square = RunArithmetic.Dot(line, line);
            TensorPrimitives.Multiply(line, (float)(magnitudes[firstRow + row] / Math.Sqrt(square)), line);
        }
    }
}

/// <inheritdoc cref="DoraRowChange"/>
/// <param name="inner">The change before.</param>
/// <param name="magnitudes">The lengths.</param>
/// <param name="tensor">The matrix, which is read once for the lengths of its columns.</param>
internal sealed class DoraColumnChange(IRowChange inner, float[] magnitudes, AdaptedTensor tensor) : IRowChange
{
    private readonly Lazy<float[]> _factors = new(() => Factors(inner, magnitudes, tensor));

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        inner.Apply(firstRow, values, columns);
        for (int row = 0; row < values.Length / columns; row++)
        {
            Span<float> line = values.Slice(row * columns, columns);
            TensorPrimitives.Multiply(line, _factors.Value, line);
        }
    }

    private static float[] Factors(IRowChange inner, float[] magnitudes, AdaptedTensor tensor)
    {
        const int elementsOfBlock = 1 << 16;
        int blockRows = Math.Max(1, elementsOfBlock / tensor.Columns);
        double[] squares = new double[tensor.Columns];
        double[] wide = new double[tensor.Columns];
        float[] block = new float[blockRows * tensor.Columns];
        for (int first = 0; first < tensor.Rows; first += blockRows)
        {
            Span<float> values = block.AsSpan(0, Math.Min(blockRows, tensor.Rows - first) * tensor.Columns);
            tensor.Source.Read((long)first * tensor.Columns, values);
            inner.Apply(first, values, tensor.Columns);
            for (int row = 0; row < values.Length / tensor.Columns; row++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(values.Slice(row * tensor.Columns, tensor.Columns), wide);
                TensorPrimitives.MultiplyAdd(wide, wide, squares, squares);
            }
        }

        return [.. magnitudes.Zip(squares, (magnitude, square) => (float)(magnitude / Math.Sqrt(square)))];
    }
}
