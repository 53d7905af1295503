using System.Buffers;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>Codes of which two of four are 0 and not stored.</summary>
/// <param name="values">Those that are stored, row by row, one byte each: [rows, columns / 2].</param>
/// <param name="mask">Which those are, a bit each, the lowest first: [rows, columns / 8].</param>
/// <param name="fail">Makes the exception from a reason.</param>
internal sealed class SparseCodes(TensorInfo values, TensorInfo mask, Func<string, Exception> fail) : ICodes
{
    private readonly int _values = checked((int)values.Shape[1]);
    private readonly int _mask = checked((int)mask.Shape[1]);

    public void Read(ICheckpointReader checkpoint, Block block, Span<byte> codes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(_values + _mask);
        try
        {
            Span<byte> stored = buffer.AsSpan(0, _values);
            Span<byte> bits = buffer.AsSpan(_values, _mask);
            for (int row = 0; row < block.Rows; row++)
            {
                checkpoint.Read(values, (block.Row + row) * _values, stored);
                checkpoint.Read(mask, (block.Row + row) * _mask, bits);
                Spread(stored, bits, block, codes.Slice(row * block.Columns, block.Columns));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Spread(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> bits, Block block, Span<byte> codes)
    {
        int next = 0;
        codes.Clear();
        for (int column = 0; column < bits.Length * 8; column++)
        {
            if ((bits[column >> 3] >> (column & 7) & 1) == 0)
            {
                continue;
            }

            if (next == stored.Length)
            {
                throw fail("its bitmask names more elements of a row than are stored");
            }

            long at = column - block.Column;
            byte value = stored[next++];
            if (at >= 0 && at < codes.Length)
            {
                codes[(int)at] = value;
            }
        }

        if (next < stored.Length)
        {
            throw fail("its bitmask names fewer elements of a row than are stored");
        }
    }
}
