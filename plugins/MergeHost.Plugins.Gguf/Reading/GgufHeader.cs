using System.Buffers.Binary;
using System.Numerics;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>The header of a file, checked against the file's length.</summary>
/// <param name="Metadata">Keys with values.</param>
/// <param name="Tensors">The tensors in the order of their bytes.</param>
/// <param name="Warnings">What is odd.</param>
internal sealed record GgufHeader(Metadata Metadata, IReadOnlyList<GgufTensor> Tensors, IReadOnlyList<Problem> Warnings)
{
    /// <summary>The alignment of tensors where the file says nothing.</summary>
    public const int DefaultAlignment = 32;

    /// <summary>The key that sets another alignment.</summary>
    public const string AlignmentKey = "general.alignment";

    /// <summary>The longest name of a tensor that ggml takes.</summary>
    public const int MostNameBytes = 63;

    /// <summary>The most extents of a tensor.</summary>
    public const int MostExtents = 4;

    private const int PrefixBytes = 24;
    // Far more than any model has, and few enough to be read in a second or two.
    private const int MostTensors = 1 << 18;
    private const int MostKeys = 1 << 16;
    private const int LeastKeyBytes = 13;
    private const int LeastTensorBytes = 24;
    private const int LargestAlignment = 1 << 30;
    private static readonly byte[][] _oldMagics = ["lmgg"u8.ToArray(), "tjgg"u8.ToArray(), "fmgg"u8.ToArray()];

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="CheckpointException">It breaks the format's rules, or the file has another length than it says.</exception>
    public static GgufHeader Read(HeaderSource file)
    {
        CheckMagic(file);
        HeaderCursor cursor = new(file);
        cursor.Skip(2 * sizeof(uint));
        ulong tensorCount = ReadCount(file, cursor, "tensors", LeastTensorBytes, MostTensors);
        ulong keyCount = ReadCount(file, cursor, "keys", LeastKeyBytes, MostKeys);
        MetadataParser parser = new(file, cursor);
        Metadata metadata = parser.Parse((int)keyCount);
        int alignment = ReadAlignment(metadata);
        List<(TensorInfo Info, ulong Offset)> records = ReadTensors(file, cursor, (int)tensorCount);
        (IReadOnlyList<GgufTensor> tensors, Problem? trailing) = Place(file, Align(cursor.Position, alignment), alignment, records);
        return new GgufHeader(metadata, tensors, trailing is null ? parser.Warnings : [.. parser.Warnings, trailing]);
    }

    /// <summary>The next multiple of an alignment.</summary>
    public static long Align(long position, int alignment) => checked(position + alignment - 1) / alignment * alignment;

    private static void CheckMagic(HeaderSource file)
    {
        byte[] head = new byte[(int)Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        if (!head.AsSpan().StartsWith("GGUF"u8))
        {
            throw NotGguf(file, head);
        }

        if (head.Length < PrefixBytes)
        {
            throw CheckpointException.HeaderTruncated(file.Path, PrefixBytes, file.LengthBytes);
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
        if (version is 2 or 3)
        {
            return;
        }

        throw BinaryPrimitives.ReverseEndianness(version) is > 0 and < 256
            ? CheckpointException.BadHeader(file.Path, "the file is big-endian, for other processors than this one",
                "Convert it with `gguf-convert-endian`.")
            : CheckpointException.BadHeader(
                file.Path,
                Invariant($"the version is {version}; expected 2 or 3"),
                version is 1 ? "Convert the model again: nothing reads version 1 any more." : null);
    }

    private static CheckpointException NotGguf(HeaderSource file, byte[] head)
    {
        const string expected = "a GGUF file";
        if (Array.Exists(_oldMagics, magic => head.AsSpan().StartsWith(magic)))
        {
            return CheckpointException.OtherFormat(file.Path, expected, "a ggml file from before GGUF",
                "Convert the model again with a newer program.");
        }

        if (head is [_, _, _, _, _, _, 0, 0, (byte)'{', ..])
        {
            return CheckpointException.OtherFormat(file.Path, expected, "a safetensors file",
                "Give the file a name that ends in '.safetensors'.");
        }

        return ForeignContent.Recognise(head) is { } foreign
            ? CheckpointException.OtherFormat(file.Path, expected, foreign.Found, foreign.Hint)
            : CheckpointException.OtherFormat(
                file.Path, expected, $"a file that begins with 0x{Convert.ToHexString(head.AsSpan(0, Math.Min(4, head.Length)))}",
                "Download the file again.");
    }

    // Each takes a few bytes at least: a count that the file cannot hold is found before anything is made room for.
    private static ulong ReadCount(HeaderSource file, HeaderCursor cursor, string what, int leastBytes, ulong most)
    {
        ulong count = cursor.ReadUInt64();
        if (count > most && count <= (ulong)(cursor.Remaining / leastBytes))
        {
            throw CheckpointException.BadHeader(file.Path,
                Invariant($"the header counts {count:N0} {what}; the most that is read is {most:N0}"));
        }

        return count <= (ulong)(cursor.Remaining / leastBytes)
            ? count
            : throw CheckpointException.BadHeader(file.Path,
                Invariant($"the header counts {count:N0} {what}, more than {file.LengthBytes:N0} bytes can hold"));
    }

    private static int ReadAlignment(Metadata metadata)
    {
        if (metadata.Find(AlignmentKey) is not { } entry)
        {
            return DefaultAlignment;
        }

        long alignment = entry.Type == MetadataType.UInt32 ? entry.Whole!.Value : throw metadata.WrongType(entry, "of type UInt32");
        return alignment <= LargestAlignment && BitOperations.IsPow2(alignment)
            ? (int)alignment
            : throw CheckpointException.BadHeader(metadata.Path,
                Invariant($"'{AlignmentKey}' is {alignment}; it must be a power of two, {LargestAlignment:N0} at most"));
    }

    private static List<(TensorInfo Info, ulong Offset)> ReadTensors(HeaderSource file, HeaderCursor cursor, int count)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        List<(TensorInfo, ulong)> records = [];
        for (int index = 0; index < count; index++)
        {
            string name = cursor.ReadString(MostNameBytes, "a tensor's name", out bool isUnicode);
            if ((isUnicode ? TensorName.Refusal(name) : "the name is not UTF-8") is { } refusal)
            {
                throw CheckpointException.BadTensor(file.Path, name, refusal);
            }

            if (!names.Add(name))
            {
                throw CheckpointException.BadTensor(file.Path, name, "stands twice in the header");
            }

            TensorShape shape = ReadShape(file, cursor, name);
            DType type = ReadType(file, cursor, name, shape);
            records.Add((new TensorInfo(name, type, shape), cursor.ReadUInt64()));
        }

        return records;
    }

    private static TensorShape ReadShape(HeaderSource file, HeaderCursor cursor, string name)
    {
        uint rank = cursor.ReadUInt32();
        if (rank > MostExtents)
        {
            throw CheckpointException.BadTensor(file.Path, name, Invariant($"has {rank} extents; the most is {MostExtents}"));
        }

        // The innermost comes first in the file.
        long[] extents = new long[rank];
        for (int index = extents.Length - 1; index >= 0; index--)
        {
            ulong extent = cursor.ReadUInt64();
            extents[index] = extent <= long.MaxValue
                ? (long)extent
                : throw CheckpointException.BadTensor(file.Path, name,
                    Invariant($"an extent is {(long)extent}; it must be from 0 to 2⁶³ − 1"));
        }

        try
        {
            return TensorShape.Create(extents);
        }
        catch (OverflowException)
        {
            throw CheckpointException.BadTensor(file.Path, name,
                $"shape [{string.Join(", ", extents)}] has more elements than 63 bits can count");
        }
    }

    private static DType ReadType(HeaderSource file, HeaderCursor cursor, string name, TensorShape shape)
    {
        uint id = cursor.ReadUInt32();
        DType type = GgufType.Find(id)
            ?? throw CheckpointException.BadTensor(file.Path, name, Invariant($"type {id} {GgufType.DescribeUnknown(id)}"));
        long row = shape.Rank == 0 ? 1 : shape[shape.Rank - 1];
        if (row % type.BlockElements != 0)
        {
            throw CheckpointException.BadTensor(file.Path, name,
                Invariant($"rows of {row} elements do not fill whole blocks of {type.BlockElements} {type}"));
        }

        try
        {
            _ = type.LengthBytes(shape.ElementCount);
            return type;
        }
        catch (OverflowException)
        {
            throw CheckpointException.BadTensor(file.Path, name, $"{type} {shape} has more bytes than 63 bits can count");
        }
    }

    // Each tensor begins where the one before it ends, rounded up.
    private static (IReadOnlyList<GgufTensor> Tensors, Problem? Trailing) Place(
        HeaderSource file, long dataStart, int alignment, List<(TensorInfo Info, ulong Offset)> records)
    {
        List<GgufTensor> tensors = new(records.Count);
        long position = 0;
        long end = records.Count == 0 ? Math.Min(dataStart, file.LengthBytes) : dataStart;
        foreach ((TensorInfo info, ulong offset) in records)
        {
            if (offset != (ulong)position)
            {
                string fault = offset % (ulong)alignment != 0 ? "is not aligned" : offset > (ulong)position ? "leaves a hole" : "overlaps";
                throw CheckpointException.BadOffsets(
                    file.Path, info.Name,
                    Invariant($"{fault}: its offset is {offset:N0}, expected {position:N0}, with an alignment of {alignment}"));
            }

            if (info.LengthBytes > file.LengthBytes - dataStart - position)
            {
                long tensorEnd = info.LengthBytes > long.MaxValue - dataStart - position
                    ? long.MaxValue
                    : dataStart + position + info.LengthBytes;
                throw CheckpointException.Truncated(file.Path, info.Name, tensorEnd, file.LengthBytes);
            }

            tensors.Add(new GgufTensor(info, dataStart + position));
            end = dataStart + position + info.LengthBytes;
            position = Align(position + info.LengthBytes, alignment);
        }

        return file.LengthBytes > Align(end, alignment)
            ? (tensors, Oddity.Of(file.Path,
                Invariant($"{file.LengthBytes - Align(end, alignment):N0} bytes follow after the last tensor; they are left out")))
            : (tensors, null);
    }
}
