using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>One key of a file's metadata, with its value as it is stored.</summary>
/// <param name="Key">The key, such as <c>llama.block_count</c>.</param>
/// <param name="Type">The value's type.</param>
/// <param name="ElementType">The type of an array's elements; else that of the value.</param>
/// <param name="Count">How many elements an array has; 1 for other values.</param>
/// <param name="LengthBytes">The length of the value as stored, without its type.</param>
/// <param name="Read">Gives the value as stored, checked already.</param>
internal sealed record MetadataEntry(string Key, MetadataType Type, MetadataType ElementType, long Count, long LengthBytes,
    Func<byte[]> Read)
{
    // Of an array: the type and the number of its elements.
    private const int ArrayHeadBytes = sizeof(uint) + sizeof(ulong);

    private const int MostShownElements = 8;
    private const long MostShownBytes = 4096;

    /// <summary>An entry that is made, not read.</summary>
    public static MetadataEntry Of(string key, MetadataType type, byte[] stored) => new(key, type, type, 1, stored.Length, () => stored);

    /// <summary>A string.</summary>
    public static MetadataEntry Of(string key, string value) => Of(key, MetadataType.String, StoredString(value));

    /// <summary>An unsigned whole number.</summary>
    public static MetadataEntry Of(string key, uint value) => Of(key, MetadataType.UInt32, BitConverter.GetBytes(value));

    /// <summary>A number of single precision.</summary>
    public static MetadataEntry Of(string key, float value) => Of(key, MetadataType.Float32, BitConverter.GetBytes(value));

    /// <summary>A truth value.</summary>
    public static MetadataEntry Of(string key, bool value) => Of(key, MetadataType.Bool, [value ? (byte)1 : (byte)0]);

    /// <summary>An array of values of fixed length, or of strings, one after the other as they are stored.</summary>
    public static MetadataEntry OfArray(string key, MetadataType elements, long count, ReadOnlySpan<byte> stored)
    {
        byte[] value = new byte[ArrayHeadBytes + stored.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(value, (uint)elements);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(sizeof(uint)), count);
        stored.CopyTo(value.AsSpan(ArrayHeadBytes));
        return new MetadataEntry(key, MetadataType.Array, elements, count, value.Length, () => value);
    }

    /// <summary>An array of strings.</summary>
    public static MetadataEntry OfStrings(string key, IReadOnlyCollection<byte[]> values)
    {
        using MemoryStream stored = new();
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        foreach (byte[] value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(length, value.Length);
            stored.Write(length);
            stored.Write(value);
        }

        return OfArray(key, MetadataType.String, values.Count, stored.ToArray());
    }

    /// <summary>The value, if it is a string; bytes that are not UTF-8 become U+FFFD.</summary>
    public string? Text => Type == MetadataType.String ? Encoding.UTF8.GetString(Read().AsSpan(sizeof(ulong))) : null;

    /// <summary>The value, if it is a whole number from 0 to 2⁶³ − 1.</summary>
    public long? Whole
    {
        get
        {
            bool isWhole = Type is not (MetadataType.Array or MetadataType.String or MetadataType.Float32 or MetadataType.Float64
                or MetadataType.Bool);
            Int128 number = isWhole ? Number(Type, Read()) : -1;
            return number >= 0 && number <= long.MaxValue ? (long)number : null;
        }
    }

    /// <summary>The value, if it is a number.</summary>
    public double? Real => Type is MetadataType.Float32 or MetadataType.Float64 ? FloatOf(Type, Read()) : Whole;

    /// <summary>The value, if it is a truth value.</summary>
    public bool? Truth => Type == MetadataType.Bool ? Read()[0] != 0 : null;

    /// <summary>The elements, if this is an array of strings, each as its bytes.</summary>
    public IReadOnlyList<byte[]>? Strings()
    {
        if (Type != MetadataType.Array || ElementType != MetadataType.String)
        {
            return null;
        }

        byte[] stored = Read();
        List<byte[]> strings = new((int)Count);
        for (int at = ArrayHeadBytes; at < stored.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(stored.AsSpan(at));
            strings.Add(stored[(at + sizeof(ulong))..(at + sizeof(ulong) + length)]);
            at += sizeof(ulong) + length;
        }

        return strings;
    }

    /// <summary>The elements, if this is an array of numbers.</summary>
    public IReadOnlyList<double>? Reals()
    {
        if (Type != MetadataType.Array || ElementType is MetadataType.String or MetadataType.Array)
        {
            return null;
        }

        byte[] stored = Read();
        int size = ElementType.LeastBytes();
        return [.. Enumerable.Range(0, (int)Count)
            .Select(index => RealOf(ElementType, stored.AsSpan(ArrayHeadBytes + (index * size), size)))];
    }

    /// <summary>The value in words, cut short if it is long.</summary>
    public override string ToString() => (Type, ElementType) switch
    {
        (MetadataType.Array, MetadataType.String) => Invariant($"{Count:N0} strings"),
        (MetadataType.Array, _) when LengthBytes > MostShownBytes => Invariant($"{Count:N0} × {ElementType}"),
        (MetadataType.Array, _) =>
            $"[{string.Join(", ", Reals()!.Take(MostShownElements).Select(number => Invariant($"{number}")))}"
                + $"{(Count > MostShownElements ? ", …" : "")}]",
        (MetadataType.String, _) when LengthBytes > MostShownBytes => Invariant($"a text of {LengthBytes - sizeof(ulong):N0} bytes"),
        (MetadataType.String, _) => Text!,
        (MetadataType.Bool, _) => Truth!.Value ? "true" : "false",
        (MetadataType.Float32, _) => BinaryPrimitives.ReadSingleLittleEndian(Read()).ToString(CultureInfo.InvariantCulture),
        (MetadataType.Float64, _) => BinaryPrimitives.ReadDoubleLittleEndian(Read()).ToString(CultureInfo.InvariantCulture),
        _ => Number(Type, Read()).ToString(CultureInfo.InvariantCulture),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static byte[] StoredString(string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        return [.. BitConverter.GetBytes((long)text.Length), .. text];
    }

    private static double RealOf(MetadataType type, ReadOnlySpan<byte> stored) =>
        type is MetadataType.Float32 or MetadataType.Float64 ? FloatOf(type, stored) : (double)Number(type, stored);

    private static double FloatOf(MetadataType type, ReadOnlySpan<byte> stored) => type == MetadataType.Float32
        ? BinaryPrimitives.ReadSingleLittleEndian(stored)
        : BinaryPrimitives.ReadDoubleLittleEndian(stored);

    private static Int128 Number(MetadataType type, ReadOnlySpan<byte> stored) => type switch
    {
        MetadataType.UInt8 or MetadataType.Bool => stored[0],
        MetadataType.Int8 => (sbyte)stored[0],
        MetadataType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(stored),
        MetadataType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(stored),
        MetadataType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(stored),
        MetadataType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(stored),
        MetadataType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(stored),
        _ => BinaryPrimitives.ReadInt64LittleEndian(stored),
    };
}
