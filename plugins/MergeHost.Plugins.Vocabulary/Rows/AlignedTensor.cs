using System.Runtime.InteropServices;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>A tensor of one model whose rows are gathered by token while it is read.</summary>
/// <param name="plan">Where the rows come from.</param>
/// <param name="parts">What each model has for the tensor.</param>
/// <param name="model">The model.</param>
/// <param name="type">How the rows are given.</param>
internal sealed class AlignedTensor(RowPlan plan, IReadOnlyList<ModelRows?> parts, int model, DType type) : ITokenRows
{
    private const int RowsOfBlock = 256;

    private readonly int _width = checked((int)(parts[model]!.Info.ElementCount / parts[model]!.Info.Shape[0]));
    private readonly Lock _lock = new();
    private float[]? _padding;

    /// <summary>The tensor as it is given.</summary>
    public TensorInfo Info { get; } = new(parts[model]!.Name, type,
        parts[model]!.Info.Shape.Rank == 1 ? [plan.Rows] : [plan.Rows, parts[model]!.Info.Shape[1]]);

    /// <summary>Reads a run of elements.</summary>
    public void Read(long firstElement, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long left = destination.Length / type.BlockBytes * type.BlockElements;
            int row = (int)(firstElement / _width);
            int offset = (int)(firstElement % _width);
            int run = 1;
            if (Stored(row) is { } place)
            {
                while (((long)run * _width) - offset < left && Stored(row + run) is { } next
                    && next == new RowPlace(place.Model, place.Row + run))
                {
                    run++;
                }

                long elements = Math.Min(((long)run * _width) - offset, left);
                ReadStored(place, offset, destination[..(int)type.LengthBytes(elements)]);
                firstElement += elements;
                destination = destination[(int)type.LengthBytes(elements)..];
            }
            else
            {
                int elements = (int)Math.Min(_width - offset, left);
                DTypeConversion.FromSingle(type, Made(row).AsSpan(offset, elements), destination[..(int)type.LengthBytes(elements)]);
                firstElement += elements;
                destination = destination[(int)type.LengthBytes(elements)..];
            }
        }
    }

    // The row that is given as it is stored; null for one whose numbers are made.
    private RowPlace? Stored(int row)
    {
        if (row >= plan.ModelRows)
        {
            return null;
        }

        RowFill? fill = plan.Fill(row);
        int own = plan.Own(model, row);
        return own >= 0 && fill?.IsForced != true ? new RowPlace(model, own) : fill is { IsMade: false } ? fill.Rows[0] : null;
    }

    private void ReadStored(RowPlace place, int offset, Span<byte> destination)
    {
        ModelRows part = parts[place.Model]!;
        long first = ((long)place.Row * _width) + offset;
        if (part.Info.DType == type)
        {
            part.Reader.Read(part.Info, first, destination);
        }
        else
        {
            part.Reader.ReadSingle(part.Info, first, MemoryMarshal.Cast<byte, float>(destination));
        }
    }

    private float[] Made(int row)
    {
        RowFill? fill = row < plan.ModelRows ? plan.Fill(row) : null;
        if (fill is null || fill.Rule == RowRule.Hole)
        {
            return Padding();
        }

        float[] mean = new float[_width];
        float[] values = new float[_width];
        foreach (RowPlace place in fill.Rows)
        {
            ModelRows part = parts[place.Model]!;
            part.Reader.ReadSingle(part.Info, (long)place.Row * _width, values);
            for (int column = 0; column < _width; column++)
            {
                mean[column] += values[column] / fill.Rows.Count;
            }
        }

        return mean;
    }

    // The mean of the rows that tokens have.
    private float[] Padding()
    {
        lock (_lock)
        {
            return _padding ??= MeanRow();
        }
    }

    private float[] MeanRow()
    {
        double[] sums = new double[_width];
        float[] values = new float[RowsOfBlock * _width];
        byte[] stored = new byte[type.LengthBytes(values.Length)];
        int count = 0;
        for (int first = 0; first < plan.ModelRows; first += RowsOfBlock)
        {
            int[] rows = [.. Enumerable.Range(first, Math.Min(RowsOfBlock, plan.ModelRows - first))
                .Where(row => plan.Fill(row)?.Rule != RowRule.Hole)];
            int place = 0;
            foreach (int row in rows)
            {
                Read((long)row * _width, stored.AsSpan((int)type.LengthBytes(place), (int)type.LengthBytes(_width)));
                place += _width;
            }

            DTypeConversion.ToSingle(type, stored.AsSpan(0, (int)type.LengthBytes(place)), values.AsSpan(0, place));
            for (int element = 0; element < place; element++)
            {
                sums[element % _width] += values[element];
            }

            count += rows.Length;
        }

        return [.. sums.Select(sum => (float)(sum / Math.Max(count, 1)))];
    }
}
