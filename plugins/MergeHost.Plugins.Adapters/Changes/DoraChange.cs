using System.Buffers;
using System.Numerics.Tensors;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Scales each row, or each column, of the changed matrix to a length that was trained: <c>m·V/‖V‖</c>.</summary>
/// <remarks>V is the base with this change alone: other adapters were not there while the lengths
/// were trained, and are scaled along.</remarks>
/// <param name="inner">The change before: <c>V = W + s·B·A</c>.</param>
/// <param name="magnitudes">The lengths.</param>
/// <param name="tensor">The matrix.</param>
/// <seealso href="https://arxiv.org/abs/2402.09353">DoRA</seealso>
internal sealed class DoraRowChange(IRowChange inner, float[] magnitudes, AdaptedTensor tensor) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        inner.Apply(firstRow, values, columns);
        if (tensor.Trained == tensor.Source)
        {
            Scale(firstRow, values, values, columns);
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> alone = rented.AsSpan(0, values.Length);
        tensor.Trained.Read((long)firstRow * columns, alone);
        inner.Apply(firstRow, alone, columns);
        Scale(firstRow, alone, values, columns);
        ArrayPool<float>.Shared.Return(rented);
    }

    private void Scale(int firstRow, ReadOnlySpan<float> alone, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            ReadOnlySpan<float> trained = alone.Slice(row * columns, columns);
            Span<float> line = values.Slice(row * columns, columns);
            double square = RunArithmetic.Dot(trained, trained);
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
            tensor.Trained.Read((long)first * tensor.Columns, values);
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
