using System.Buffers;
using System.Buffers.Binary;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>Codes that are packed along rows.</summary>
/// <param name="tensor">Holds them; what it is a tensor of does not matter, rows are a whole number of its elements.</param>
/// <param name="rowBytes">Bytes of a row.</param>
/// <param name="bits">Bits of a code, 1 to 8.</param>
/// <param name="order">How codes follow each other.</param>
/// <param name="added">Is added to each word of 32 bits before its codes are taken, without what overflows.</param>
internal sealed class RowCodes(TensorInfo tensor, long rowBytes, int bits, CodeOrder order = CodeOrder.Bits, uint added = 0) : ICodes
{
    // Where a word has the code of each of its columns.
    private static readonly int[] _evenFirst = [0, 4, 1, 5, 2, 6, 3, 7];

    private readonly int _elementBytes = tensor.DType.BlockBytes;

    public void Read(ICheckpointReader checkpoint, Block block, Span<byte> codes)
    {
        (long start, long end) = Window(block.Column, block.Columns);
        int stride = checked((int)(end - start));
        if (bits == 8 && added == 0 && stride == block.Columns)
        {
            ReadRows(checkpoint, block, start, stride, codes);
            return;
        }

        // The last code may be looked for in a pair of bytes, of which there is one.
        int lengthBytes = checked(block.Rows * stride);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(lengthBytes + sizeof(ushort));
        try
        {
            ReadRows(checkpoint, block, start, stride, buffer.AsSpan(0, lengthBytes));
            buffer.AsSpan(lengthBytes, sizeof(ushort)).Clear();
            if (added != 0)
            {
                Add(buffer.AsSpan(0, lengthBytes));
            }

            for (int row = 0; row < block.Rows; row++)
            {
                Expand(buffer.AsSpan(row * stride, stride + sizeof(ushort)), start, block.Column,
                    codes.Slice(row * block.Columns, block.Columns));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Bytes of a row that hold a run of columns, in whole elements.
    private (long Start, long End) Window(long column, int columns)
    {
        long last = column + columns;
        int per = 32 / bits;
        (long start, long end) = order switch
        {
            CodeOrder.Words => (column / per * 4, (last + per - 1) / per * 4),
            CodeOrder.EvenColumnsFirst => (column / 8 * 4, (last + 7) / 8 * 4),
            _ => (column * bits / 8, ((last * bits) + 7) / 8),
        };
        int whole = added == 0 ? _elementBytes : Math.Max(_elementBytes, sizeof(uint));
        return (start / whole * whole, Math.Min(rowBytes, (end + whole - 1) / whole * whole));
    }

    private void ReadRows(ICheckpointReader checkpoint, Block block, long start, int stride, Span<byte> destination)
    {
        if (stride == rowBytes || block.Rows == 1)
        {
            checkpoint.Read(tensor, ((block.Row * rowBytes) + start) / _elementBytes, destination);
            return;
        }

        for (int row = 0; row < block.Rows; row++)
        {
            checkpoint.Read(tensor, (((block.Row + row) * rowBytes) + start) / _elementBytes, destination.Slice(row * stride, stride));
        }
    }

    private void Add(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i += sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], unchecked(BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]) + added));
        }
    }

    private void Expand(ReadOnlySpan<byte> bytes, long start, long column, Span<byte> codes)
    {
        switch (order)
        {
            case CodeOrder.Words:
                ExpandWords(bytes, start, column, codes);
                break;
            case CodeOrder.EvenColumnsFirst:
                ExpandEvenFirst(bytes, (int)(column - (start / 4 * 8)), codes);
                break;
            case CodeOrder.UpperHalfFirst:
                ExpandHalves(bytes[(int)((column / 2) - start)..], codes, column % 2 != 0, upper: 0, lower: 1);
                break;
            case CodeOrder.Bits when bits == 4:
                ExpandHalves(bytes[(int)((column / 2) - start)..], codes, column % 2 != 0, upper: 1, lower: 0);
                break;
            default:
                ExpandBits(bytes, (int)((column * bits) - (start * 8)), codes);
                break;
        }
    }

    private static void ExpandHalves(ReadOnlySpan<byte> bytes, Span<byte> codes, bool isInside, int upper, int lower)
    {
        if (isInside && codes.Length > 0)
        {
            codes[0] = (byte)(upper == 1 ? bytes[0] >> 4 : bytes[0] & 15);
            codes = codes[1..];
            bytes = bytes[1..];
        }

        int pairs = codes.Length / 2;
        bytes = bytes[..(pairs + (codes.Length % 2))];
        for (int i = 0; i < pairs; i++)
        {
            Span<byte> pair = codes.Slice(2 * i, 2);
            pair[upper] = (byte)(bytes[i] >> 4);
            pair[lower] = (byte)(bytes[i] & 15);
        }

        if (codes.Length % 2 != 0)
        {
            codes[^1] = (byte)(upper == 0 ? bytes[pairs] >> 4 : bytes[pairs] & 15);
        }
    }

    private void ExpandBits(ReadOnlySpan<byte> bytes, int firstBit, Span<byte> codes)
    {
        int mask = (1 << bits) - 1;
        for (int i = 0; i < codes.Length; i++)
        {
            int bit = firstBit + (i * bits);
            codes[i] = (byte)((BinaryPrimitives.ReadUInt16LittleEndian(bytes[(bit >> 3)..]) >> (bit & 7)) & mask);
        }
    }

    private void ExpandWords(ReadOnlySpan<byte> bytes, long start, long column, Span<byte> codes)
    {
        int mask = (1 << bits) - 1;
        int per = 32 / bits;
        for (int i = 0; i < codes.Length; i++)
        {
            int word = (int)(((column + i) / per * 4) - start);
            codes[i] = (byte)((BinaryPrimitives.ReadUInt32LittleEndian(bytes[word..]) >> ((int)((column + i) % per) * bits)) & mask);
        }
    }

    private static void ExpandEvenFirst(ReadOnlySpan<byte> bytes, int column, Span<byte> codes)
    {
        int done = 0;
        for (; done + 8 <= codes.Length && column % 8 == 0; done += 8, column += 8)
        {
            // Nibbles 0 1 2 3 4 5 6 7 become 0 4 1 5 2 6 3 7: a nibble of each half to a byte of its own.
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(column / 2)..]);
            ulong lower = Spread(word & 0xFFFF);
            ulong upper = Spread(word >> 16);
            BinaryPrimitives.WriteUInt64LittleEndian(codes[done..], lower | (upper << 8));
        }

        for (; done < codes.Length; done++, column++)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(column / 8 * 4)..]);
            codes[done] = (byte)((word >> (4 * _evenFirst[column % 8])) & 15);
        }
    }

    // Four nibbles to the even bytes of eight.
    private static ulong Spread(uint nibbles)
    {
        ulong pairs = (nibbles | ((ulong)nibbles << 24)) & 0x0000_00FF_0000_00FF;
        return (pairs | (pairs << 12)) & 0x000F_000F_000F_000F;
    }
}
