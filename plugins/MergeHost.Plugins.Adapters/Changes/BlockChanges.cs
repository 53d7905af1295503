using System.Buffers;
using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Multiplies runs of each row by a block each: <c>W·blockdiag(R)ᵀ</c>.</summary>
internal sealed class BlockRotationChange(IReadOnlyList<Matrix<float>> blocks) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        int size = blocks[0].Rows;
        float[] run = new float[size];
        for (int start = 0; start < values.Length; start += size)
        {
            Span<float> to = values.Slice(start, size);
            to.CopyTo(run);
            Matrix<float> block = blocks[start % columns / size % blocks.Count];
            for (int i = 0; i < size; i++)
            {
                to[i] = TensorPrimitives.Dot<float>(run, block.Row(i));
            }
        }
    }
}

/// <summary>Multiplies groups of rows by a block each: <c>blockdiag(R)·W</c>.</summary>
internal sealed class RowMixChange(IReadOnlyList<Matrix<float>> blocks) : IRowChange
{
    public int RowGroup => blocks[0].Rows;

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        int length = RowGroup * columns;
        float[] before = ArrayPool<float>.Shared.Rent(length);
        for (int start = 0; start < values.Length; start += length, firstRow += RowGroup)
        {
            Span<float> group = values.Slice(start, length);
            group.CopyTo(before);
            group.Clear();
            RowProduct.Add(blocks[firstRow / RowGroup % blocks.Count].Elements.Span, before.AsSpan(0, length), RowGroup, group, columns);
        }

        ArrayPool<float>.Shared.Return(before);
    }
}

/// <summary>Multiplies each row by a block-diagonal matrix whose columns are in another order: <c>W·(P·blockdiag(R)·Pᵀ)ᵀ</c>.</summary>
/// <param name="order">Which column each column is taken from.</param>
/// <param name="blocks">The blocks.</param>
internal sealed class ButterflyChange(int[] order, IReadOnlyList<Matrix<float>> blocks) : IRowChange
{
    private readonly BlockRotationChange _rotation = new(blocks);

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> moved = rented.AsSpan(0, values.Length);
        for (int start = 0; start < values.Length; start += columns)
        {
            for (int i = 0; i < columns; i++)
            {
                moved[start + order[i]] = values[start + i];
            }
        }

        _rotation.Apply(firstRow, moved, columns);
        for (int start = 0; start < values.Length; start += columns)
        {
            for (int i = 0; i < columns; i++)
            {
                values[start + i] = moved[start + order[i]];
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}

/// <summary>Reflects each row at some directions, one after the other: <c>W·Π(I − 2u·uᵀ)</c>.</summary>
/// <param name="directions">Unit vectors, one a row.</param>
internal sealed class ReflectionChange(Matrix<float> directions) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int start = 0; start < values.Length; start += columns)
        {
            Span<float> row = values.Slice(start, columns);
            for (int i = 0; i < directions.Rows; i++)
            {
                float product = TensorPrimitives.Dot<float>(row, directions.Row(i));
                TensorPrimitives.MultiplyAdd(directions.Row(i), -2 * product, row, row);
            }
        }
    }
}

/// <summary>Adds to each row a short vector again and again.</summary>
/// <param name="vectors">The vector of each row.</param>
internal sealed class RepeatedChange(Matrix<float> vectors) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            ReadOnlySpan<float> vector = vectors.Row(firstRow + row);
            for (int column = 0; column < columns; column += vector.Length)
            {
                Span<float> to = values.Slice((row * columns) + column, Math.Min(vector.Length, columns - column));
                TensorPrimitives.Add(to, vector[..to.Length], to);
            }
        }
    }
}

/// <summary>Adds to each square of a matrix its product with a block, and the block: <c>W + W·M + M</c>.</summary>
/// <param name="blocks">The block of each run of rows.</param>
internal sealed class BlockAffineChange(IReadOnlyList<Matrix<float>> blocks) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        int size = blocks[0].Rows;
        float[] run = new float[size];
        for (int start = 0; start < values.Length; start += size)
        {
            Span<float> to = values.Slice(start, size);
            to.CopyTo(run);
            int row = firstRow + (start / columns);
            Matrix<float> block = blocks[row / size];
            TensorPrimitives.Add(to, block.Row(row % size), to);
            RowProduct.Add(run, block.Elements.Span, size, to, size);
        }
    }
}

/// <summary>Adds a matrix of circulant blocks.</summary>
/// <param name="kernels">One kernel a block, <c>[out / size, in / size]</c> of them, each a row.</param>
internal sealed class CirculantChange(Matrix<float> kernels) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        int size = kernels.Columns;
        for (int start = 0; start < values.Length; start += size)
        {
            int row = firstRow + (start / columns);
            ReadOnlySpan<float> kernel = kernels.Row((row / size * (columns / size)) + (start % columns / size));
            int turn = row % size;
            Span<float> to = values.Slice(start, size);
            TensorPrimitives.Add(to[turn..], kernel[..(size - turn)], to[turn..]);
            TensorPrimitives.Add(to[..turn], kernel[(size - turn)..], to[..turn]);
        }
    }
}
