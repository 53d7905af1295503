using System.Buffers.Binary;
using System.Text;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>Goes through the bytes of a pickle; what it says of lengths is compared with what is there before memory is taken.</summary>
internal sealed class PickleCursor(ByteSource source, long start)
{
    private const int WindowBytes = 64 * 1024;
    private const int MostTextBytes = 16 << 20;
    private const int MostLineBytes = 1024;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _window = new byte[(int)Math.Min(WindowBytes, source.LengthBytes)];
    private long _windowStart;
    private int _windowBytes;

    /// <summary>The next byte's place in the source.</summary>
    public long Position { get; private set; } = start;

    public long LeftBytes => source.LengthBytes - Position;

    public byte Byte() => Few(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Few(sizeof(ushort)));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Few(sizeof(int)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Few(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Few(sizeof(ulong)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Few(sizeof(long)));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Few(sizeof(double)));

    /// <summary>A text that must be UTF-8.</summary>
    public string Text(ulong lengthBytes)
    {
        byte[] bytes = Bytes(lengthBytes);
        return TryDecode(bytes) ?? throw PickleFault.Broken("the text is not UTF-8");
    }

    /// <summary>A text of Python 2, or bytes if it is not UTF-8.</summary>
    public object TextOrBytes(long lengthBytes)
    {
        if (lengthBytes < 0)
        {
            throw PickleFault.Broken(Invariant($"a text of {lengthBytes:N0} bytes"));
        }

        byte[] bytes = Bytes((ulong)lengthBytes);
        return (object?)TryDecode(bytes) ?? new PlainValue("bytes");
    }

    public byte[] Bytes(ulong lengthBytes)
    {
        CheckLeft(lengthBytes);
        if (lengthBytes > MostTextBytes)
        {
            throw PickleFault.Limit(Invariant($"a value of {lengthBytes:N0} bytes; at most {MostTextBytes:N0} are read"));
        }

        byte[] bytes = source.ReadBytes(Position, (int)lengthBytes);
        Position += bytes.Length;
        return bytes;
    }

    /// <summary>Goes over bytes that nothing depends on.</summary>
    public void Skip(ulong lengthBytes)
    {
        CheckLeft(lengthBytes);
        Position += (long)lengthBytes;
    }

    /// <summary>The text up to the end of the line, which is passed.</summary>
    public string Line()
    {
        byte[] head = source.ReadBytes(Position, (int)Math.Min(MostLineBytes, LeftBytes));
        int end = head.AsSpan().IndexOf((byte)'\n');
        if (end < 0)
        {
            throw PickleFault.Broken("a line without an end");
        }

        Position += end + 1;
        return TryDecode(head[..end]) ?? throw PickleFault.Broken("the text is not UTF-8");
    }

    public void CheckLeft(ulong lengthBytes)
    {
        if (lengthBytes > (ulong)LeftBytes)
        {
            throw PickleFault.Broken(Invariant($"{lengthBytes:N0} bytes are wanted, {LeftBytes:N0} are left"));
        }
    }

    private static string? TryDecode(byte[] bytes)
    {
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private ReadOnlySpan<byte> Few(int lengthBytes)
    {
        CheckLeft((ulong)lengthBytes);
        if (Position < _windowStart || Position + lengthBytes > _windowStart + _windowBytes)
        {
            _windowStart = Position;
            _windowBytes = (int)Math.Min(_window.Length, LeftBytes);
            source.Read(Position, _window.AsSpan(0, _windowBytes));
        }

        ReadOnlySpan<byte> bytes = _window.AsSpan((int)(Position - _windowStart), lengthBytes);
        Position += lengthBytes;
        return bytes;
    }
}
