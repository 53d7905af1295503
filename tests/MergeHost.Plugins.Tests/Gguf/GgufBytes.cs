using System.Text;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Makes files piece by piece, right or wrong.</summary>
internal sealed class GgufBytes
{
    public const uint String = 8;
    public const uint F32 = 0;

    private readonly List<byte> _keys = [];
    private readonly List<byte> _tensors = [];
    private ulong _keyCount;
    private ulong _tensorCount;

    public byte[] Magic { get; set; } = "GGUF"u8.ToArray();

    public uint Version { get; set; } = 3;

    /// <summary>What the header says, whatever follows.</summary>
    public ulong? StatedKeys { get; set; }

    public ulong? StatedTensors { get; set; }

    public int DataBytes { get; set; } = 32;

    public int Alignment { get; set; } = 32;

    /// <summary>A file that says of which architecture it is, and has one tensor of one F32 element.</summary>
    public static GgufBytes Good() => Empty().Tensor("x", F32, 0, 1);

    /// <summary>A file that says of which architecture it is.</summary>
    public static GgufBytes Empty() => new GgufBytes().Key("general.architecture", "tiny");

    public GgufBytes Key(string key, string value) => Key(key, String, Text(value));

    public GgufBytes Key(string key, uint type, byte[] value) => Key(Text(key), type, value);

    public GgufBytes Key(byte[] key, uint type, byte[] value)
    {
        _keys.AddRange([.. key, .. U32(type), .. value]);
        _keyCount++;
        return this;
    }

    /// <param name="extents">As in the file: the innermost first.</param>
    public GgufBytes Tensor(string name, uint type, ulong offset, params ulong[] extents) => Tensor(Text(name), type, offset, extents);

    public GgufBytes Tensor(byte[] name, uint type, ulong offset, params ulong[] extents)
    {
        _tensors.AddRange([.. name, .. U32((uint)extents.Length), .. extents.SelectMany(U64), .. U32(type), .. U64(offset)]);
        _tensorCount++;
        return this;
    }

    public GgufBytes WithData(int lengthBytes)
    {
        DataBytes = lengthBytes;
        return this;
    }

    public byte[] ToArray()
    {
        byte[] head =
        [
            .. Magic, .. U32(Version), .. U64(StatedTensors ?? _tensorCount), .. U64(StatedKeys ?? _keyCount), .. _keys, .. _tensors,
        ];
        int padded = (head.Length + Alignment - 1) / Alignment * Alignment;
        return [.. head, .. new byte[padded - head.Length + DataBytes]];
    }

    public static byte[] Text(string text) => Stating((ulong)Encoding.UTF8.GetByteCount(text), text);

    /// <summary>A string whose length is stated apart from what follows it.</summary>
    public static byte[] Stating(ulong lengthBytes, string text) => [.. U64(lengthBytes), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] U32(uint value) => BitConverter.GetBytes(value);

    public static byte[] U64(ulong value) => BitConverter.GetBytes(value);
}
