using System.Buffers;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>Codes that are packed down columns, in words of 32 bits.</summary>
/// <param name="words">The words, [words of a column, columns].</param>
/// <param name="bits">Bits of a code, 1 to 8.</param>
/// <param name="order">How codes follow each other down a column.</param>
internal sealed class ColumnCodes(TensorInfo words, int bits, CodeOrder order = CodeOrder.Bits) : ICodes
{
    private readonly long _columns = words.Shape[1];

    public void Read(ICheckpointReader checkpoint, Block block, Span<byte> codes)
    {
        long first = Place(block.Row).Word;
        (long last, int lastShift) = Place(block.Row + block.Rows - 1);
        last += lastShift + bits > 32 ? 1 : 0;
        int count = checked((int)(last - first + 1));
        uint[] buffer = ArrayPool<uint>.Shared.Rent(checked(count * block.Columns));
        try
        {
            ReadWords(checkpoint, first, count, block, buffer);
            for (int row = 0; row < block.Rows; row++)
            {
                (long word, int shift) = Place(block.Row + row);
                int at = (int)(word - first) * block.Columns;
                ReadOnlySpan<uint> lower = buffer.AsSpan(at, block.Columns);
                ReadOnlySpan<uint> upper = shift + bits > 32 ? buffer.AsSpan(at + block.Columns, block.Columns) : [];
                Take(lower, upper, shift, codes.Slice(row * block.Columns, block.Columns));
            }
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(buffer);
        }
    }

    private (long Word, int Shift) Place(long row) =>
        order == CodeOrder.Words ? (row / (32 / bits), (int)(row % (32 / bits)) * bits) : (row * bits / 32, (int)(row * bits % 32));

    private void ReadWords(ICheckpointReader checkpoint, long first, int count, Block block, Span<uint> destination)
    {
        if (block.Columns == _columns)
        {
            checkpoint.Read(words, first * _columns, MemoryMarshal.AsBytes(destination[..(count * block.Columns)]));
            return;
        }

        for (int i = 0; i < count; i++)
        {
            checkpoint.Read(words, ((first + i) * _columns) + block.Column,
                MemoryMarshal.AsBytes(destination.Slice(i * block.Columns, block.Columns)));
        }
    }

    private void Take(ReadOnlySpan<uint> lower, ReadOnlySpan<uint> upper, int shift, Span<byte> codes)
    {
        uint mask = (1u << bits) - 1;
        lower = lower[..codes.Length];
        if (upper.IsEmpty)
        {
            for (int i = 0; i < codes.Length; i++)
            {
                codes[i] = (byte)((lower[i] >> shift) & mask);
            }

            return;
        }

        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)(((lower[i] >> shift) | (upper[i] << (32 - shift))) & mask);
        }
    }
}
