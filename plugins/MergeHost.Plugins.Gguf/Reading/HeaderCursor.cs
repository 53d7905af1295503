using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using MergeHost.Checkpoints;
using static System.FormattableString;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Goes through a header from its beginning; whatever a length says, nothing beyond the end
/// of the file is read or made room for.</summary>
internal sealed class HeaderCursor(HeaderSource file)
{
    private const int BufferBytes = 64 << 10;

    private readonly byte[] _buffer = new byte[(int)Math.Min(BufferBytes, file.LengthBytes)];
    private long _bufferStart;
    private int _buffered;

    /// <summary>Where the next value begins.</summary>
    public long Position { get; private set; }

    /// <summary>How many bytes follow.</summary>
    public long Remaining => file.LengthBytes - Position;

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Goes over bytes.</summary>
    /// <exception cref="CheckpointException">The file has fewer.</exception>
    public void Skip(ulong lengthBytes)
    {
        Require(lengthBytes);
        Position += (long)lengthBytes;
    }

    /// <summary>Reads a string with its length.</summary>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="isUnicode">Whether its bytes are UTF-8; others become U+FFFD.</param>
    public string ReadString(int most, string what, out bool isUnicode)
    {
        long start = Position;
        return ReadString(start, ReadUInt64(), most, what, out isUnicode);
    }

    /// <summary>Reads a string whose length takes four bytes.</summary>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="what">What it is, for messages.</param>
    public string ReadShortString(int most, string what)
    {
        long start = Position;
        return ReadString(start, ReadUInt32(), most, what, out _);
    }

    /// <summary>Reads bytes as they are.</summary>
    /// <exception cref="CheckpointException">The file has fewer.</exception>
    public void Read(Span<byte> destination)
    {
        Require((ulong)destination.Length);
        file.Read(Position, destination);
        Position += destination.Length;
    }

    /// <summary>Goes over a string with its length.</summary>
    public void SkipString() => Skip(ReadUInt64());

    private string ReadString(long start, ulong lengthBytes, int most, string what, out bool isUnicode)
    {
        if (lengthBytes > (ulong)most)
        {
            throw CheckpointException.BadHeader(file.Path,
                Invariant($"{what} at byte {start:N0} has {lengthBytes:N0} bytes; the most is {most:N0}"));
        }

        ReadOnlySpan<byte> bytes = Take((int)lengthBytes);
        isUnicode = Utf8.IsValid(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private ReadOnlySpan<byte> Take(int lengthBytes)
    {
        Require((ulong)lengthBytes);
        if (lengthBytes > _buffer.Length)
        {
            byte[] bytes = new byte[lengthBytes];
            file.Read(Position, bytes);
            Position += lengthBytes;
            return bytes;
        }

        if (Position < _bufferStart || Position + lengthBytes > _bufferStart + _buffered)
        {
            _bufferStart = Position;
            _buffered = (int)Math.Min(_buffer.Length, Remaining);
            file.Read(Position, _buffer.AsSpan(0, _buffered));
        }

        int start = (int)(Position - _bufferStart);
        Position += lengthBytes;
        return _buffer.AsSpan(start, lengthBytes);
    }

    private void Require(ulong lengthBytes)
    {
        if (lengthBytes > (ulong)Remaining)
        {
            long end = lengthBytes > (ulong)(long.MaxValue - Position) ? long.MaxValue : Position + (long)lengthBytes;
            throw CheckpointException.HeaderTruncated(file.Path, end, file.LengthBytes);
        }
    }
}
