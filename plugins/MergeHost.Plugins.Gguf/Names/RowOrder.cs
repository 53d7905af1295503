using System.Buffers;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>
/// Rows of queries and keys: Hugging Face has the first halves of all pairs that are rotated
/// together, then the second; GGUF has pair after pair.
/// </summary>
/// <remarks>With D rows a head, row <c>h·D + s·D/2 + j</c> of Hugging Face is row <c>h·D + 2j + s</c> of GGUF.
/// Whole rows move, so types do not matter.</remarks>
/// <param name="RowBytes">Bytes of a row as stored.</param>
/// <param name="HeadRows">Rows of a head: D, even.</param>
internal sealed record RowOrder(long RowBytes, long HeadRows)
{
    private long HeadBytes => RowBytes * HeadRows;

    /// <summary>Reads bytes in Hugging Face's order.</summary>
    /// <param name="first">Where they begin, in that order.</param>
    /// <param name="destination">Filled wholly.</param>
    /// <param name="read">Reads bytes in GGUF's order.</param>
    public void Read(long first, Span<byte> destination, Reading.ReadAt read)
    {
        while (!destination.IsEmpty)
        {
            int length = Next(first, destination.Length);
            Span<byte> part = destination[..length];
            if (length == HeadBytes)
            {
                ReadHead(first, part, read);
            }
            else
            {
                read(Stored(first), part);
            }

            destination = destination[length..];
            first += length;
        }
    }

    /// <summary>Writes bytes in Hugging Face's order.</summary>
    /// <param name="first">Where they begin, in that order.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="write">Writes bytes in GGUF's order.</param>
    public void Write(long first, ReadOnlySpan<byte> data, WriteAt write)
    {
        while (!data.IsEmpty)
        {
            int length = Next(first, data.Length);
            ReadOnlySpan<byte> part = data[..length];
            if (length == HeadBytes)
            {
                WriteHead(first, part, write);
            }
            else
            {
                write(Stored(first), part);
            }

            data = data[length..];
            first += length;
        }
    }

    // A whole head at once if there is one, else what is left of a row.
    private int Next(long first, int length) =>
        first % HeadBytes == 0 && length >= HeadBytes ? (int)HeadBytes : (int)Math.Min(RowBytes - (first % RowBytes), length);

    private long Stored(long first)
    {
        long row = first / RowBytes;
        return (StoredRow(row) * RowBytes) + (first % RowBytes);
    }

    private long StoredRow(long row)
    {
        long inHead = row % HeadRows;
        return row - inHead + (2 * (inHead % (HeadRows / 2))) + (inHead / (HeadRows / 2));
    }

    private void ReadHead(long first, Span<byte> destination, Reading.ReadAt read)
    {
        byte[] stored = ArrayPool<byte>.Shared.Rent(destination.Length);
        read(first, stored.AsSpan(0, destination.Length));
        for (int row = 0; row < HeadRows; row++)
        {
            stored.AsSpan((int)(StoredRow(row) * RowBytes), (int)RowBytes).CopyTo(destination[(int)(row * RowBytes)..]);
        }

        ArrayPool<byte>.Shared.Return(stored);
    }

    private void WriteHead(long first, ReadOnlySpan<byte> data, WriteAt write)
    {
        byte[] stored = ArrayPool<byte>.Shared.Rent(data.Length);
        for (int row = 0; row < HeadRows; row++)
        {
            data.Slice((int)(row * RowBytes), (int)RowBytes).CopyTo(stored.AsSpan((int)(StoredRow(row) * RowBytes)));
        }

        write(first, stored.AsSpan(0, data.Length));
        ArrayPool<byte>.Shared.Return(stored);
    }
}

/// <summary>Writes bytes at an offset.</summary>
internal delegate void WriteAt(long offset, ReadOnlySpan<byte> data);
