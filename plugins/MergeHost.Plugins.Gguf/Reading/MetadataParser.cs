using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Reads a header's keys and checks their values; long ones stay in the file until they are asked for.</summary>
internal sealed class MetadataParser(HeaderSource file, HeaderCursor cursor)
{
    private const int MostKeyBytes = ushort.MaxValue;

    // The largest vocabularies have a million pairs.
    private const int MostElements = 1 << 24;

    // Longer values are read when they are asked for: a vocabulary takes megabytes that a merge never needs.
    private const int MostKeptBytes = 4096;

    private readonly List<Problem> _warnings = [];

    /// <summary>What is odd.</summary>
    public IReadOnlyList<Problem> Warnings => _warnings;

    /// <summary>Reads all keys.</summary>
    /// <exception cref="CheckpointException">One breaks the format's rules.</exception>
    public Metadata Parse(int count)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        List<MetadataEntry> entries = [];
        for (int index = 0; index < count; index++)
        {
            string key = cursor.ReadString(MostKeyBytes, "a key", out bool isUnicode);
            if (key.Length == 0)
            {
                throw CheckpointException.BadHeader(file.Path, "a key is empty");
            }

            if (!isUnicode)
            {
                _warnings.Add(Oddity.Of(file.Path, $"key '{CheckpointException.Printable(key)}' is not UTF-8"));
            }

            if (!keys.Add(key))
            {
                throw CheckpointException.BadHeader(file.Path, $"key '{CheckpointException.Printable(key)}' stands twice");
            }

            entries.Add(ReadEntry(key));
        }

        return new Metadata(file.Path, entries);
    }

    private MetadataEntry ReadEntry(string key)
    {
        MetadataType type = ReadType(key);
        MetadataType elementType = type;
        long start = cursor.Position;
        long count = 1;
        switch (type)
        {
            case MetadataType.Array:
                (elementType, count) = SkipArray(key);
                break;
            case MetadataType.String:
                cursor.SkipString();
                break;
            default:
                cursor.Skip((ulong)type.LeastBytes());
                break;
        }

        MetadataEntry entry = new(key, type, elementType, count, cursor.Position - start, Reader(start, cursor.Position - start));
        if (type == MetadataType.Bool && entry.Read()[0] > 1)
        {
            _warnings.Add(Oddity.Of(file.Path,
                $"'{CheckpointException.Printable(key)}' is a truth value of {entry.Read()[0]}; it counts as true"));
        }

        return entry;
    }

    private MetadataType ReadType(string key)
    {
        uint type = cursor.ReadUInt32();
        return type <= (uint)MetadataType.Float64
            ? (MetadataType)type
            : throw CheckpointException.BadHeader(file.Path,
                Invariant($"'{CheckpointException.Printable(key)}' has a value of type {type}, which is not of the format"));
    }

    private (MetadataType ElementType, long Count) SkipArray(string key)
    {
        MetadataType elementType = ReadType(key);
        ulong count = cursor.ReadUInt64();
        if (elementType == MetadataType.Array)
        {
            throw CheckpointException.BadHeader(file.Path,
                $"'{CheckpointException.Printable(key)}' is an array of arrays, which nothing but the text of the format allows");
        }

        if (count > MostElements && count <= (ulong)(cursor.Remaining / elementType.LeastBytes()))
        {
            throw CheckpointException.BadHeader(
                file.Path, Invariant(
                    $"'{CheckpointException.Printable(key)}' has {count:N0} elements; the most that is read is {MostElements:N0}"));
        }

        if (count > (ulong)(cursor.Remaining / elementType.LeastBytes()))
        {
            throw CheckpointException.BadHeader(
                file.Path, Invariant(
                    $"'{CheckpointException.Printable(key)}' has {count:N0} elements of type {elementType}, more than the file can hold"));
        }

        if (elementType != MetadataType.String)
        {
            cursor.Skip(count * (ulong)elementType.LeastBytes());
            return (elementType, (long)count);
        }

        for (ulong index = 0; index < count; index++)
        {
            cursor.SkipString();
        }

        return (elementType, (long)count);
    }

    private Func<byte[]> Reader(long start, long lengthBytes)
    {
        if (lengthBytes > Array.MaxLength)
        {
            throw CheckpointException.BadHeader(file.Path,
                Invariant($"a value at byte {start:N0} has {lengthBytes:N0} bytes; the most is {Array.MaxLength:N0}"));
        }

        if (lengthBytes > MostKeptBytes)
        {
            return ReadNow;
        }

        byte[] kept = ReadNow();
        return () => kept;

        byte[] ReadNow()
        {
            byte[] bytes = new byte[lengthBytes];
            file.Read(start, bytes);
            return bytes;
        }
    }
}
