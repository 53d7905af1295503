using System.Buffers;
using System.Numerics.Tensors;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds the product, element by element, of two products of small depth: <c>W + (a₁·b₁)∘(a₂·b₂)</c>.</summary>
internal sealed class HadamardChange(Factors first, Factors second, int rows) : IRowChange
{
    private readonly LowRankChange _first = new(first, rows);
    private readonly LowRankChange _second = new(second, rows);

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        float[] left = ArrayPool<float>.Shared.Rent(values.Length);
        float[] right = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> one = left.AsSpan(0, values.Length);
        Span<float> other = right.AsSpan(0, values.Length);
        one.Clear();
        other.Clear();
        _first.Apply(firstRow, one, columns);
        _second.Apply(firstRow, other, columns);
        TensorPrimitives.MultiplyAdd(one, other, values, values);
        ArrayPool<float>.Shared.Return(left);
        ArrayPool<float>.Shared.Return(right);
    }
}

/// <summary>Multiplies each element by one and a product of small depth: <c>W∘(1 + B·A)</c>.</summary>
internal sealed class GainChange(Factors factors, int rows) : IRowChange
{
    private readonly LowRankChange _gain = new(factors, rows);

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> gain = rented.AsSpan(0, values.Length);
        gain.Clear();
        _gain.Apply(firstRow, gain, columns);
        TensorPrimitives.MultiplyAdd(values, gain, values, values);
        ArrayPool<float>.Shared.Return(rented);
    }
}

/// <summary>Multiplies rows by a factor each.</summary>
internal sealed class RowScaleChange(float[] factors) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            Span<float> line = values.Slice(row * columns, columns);
            TensorPrimitives.Multiply(line, factors[firstRow + row], line);
        }
    }
}

/// <summary>Multiplies columns by a factor each.</summary>
internal sealed class ColumnScaleChange(float[] factors) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            Span<float> line = values.Slice(row * columns, columns);
            TensorPrimitives.Multiply(line, factors, line);
        }
    }
}

/// <summary>Adds a Kronecker product: <c>W + left ⊗ right</c>.</summary>
internal sealed class KroneckerChange(Algebra.Matrix<float> left, Algebra.Matrix<float> right) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            ReadOnlySpan<float> factors = left.Row((firstRow + row) / right.Rows);
            ReadOnlySpan<float> part = right.Row((firstRow + row) % right.Rows);
            for (int i = 0; i < factors.Length; i++)
            {
                Span<float> to = values.Slice((row * columns) + (i * part.Length), part.Length);
                TensorPrimitives.MultiplyAdd(part, factors[i], to, to);
            }
        }
    }
}

/// <summary>Adds numbers at some places.</summary>
/// <param name="entries">Row, column and number, in the order of rows.</param>
internal sealed class SparseChange((int Row, int Column, float Value)[] entries) : IRowChange
{
    private readonly int[] _rows = [.. entries.Select(entry => entry.Row)];

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        int end = firstRow + (values.Length / columns);
        int at = Array.BinarySearch(_rows, firstRow);
        for (at = at < 0 ? ~at : at; at > 0 && _rows[at - 1] == firstRow;)
        {
            at--;
        }

        for (; at < entries.Length && entries[at].Row < end; at++)
        {
            values[((entries[at].Row - firstRow) * columns) + entries[at].Column] += entries[at].Value;
        }
    }
}

/// <summary>Puts other rows in the place of some.</summary>
/// <param name="places">The row of <paramref name="source"/> for each row that is replaced.</param>
/// <param name="source">The rows.</param>
internal sealed class RowsReplacedChange(IReadOnlyDictionary<int, int> places, TensorSource source) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        for (int row = 0; row < values.Length / columns; row++)
        {
            if (places.TryGetValue(firstRow + row, out int place))
            {
                source.Read((long)place * columns, values.Slice(row * columns, columns));
            }
        }
    }
}
