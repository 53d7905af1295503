using System.Buffers.Binary;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>Reads an archive's central directory, and refuses whatever can be read in two ways.</summary>
/// <remarks>
/// Names stand once, local headers say the same as the directory, entries follow one after the other from the first byte to the
/// directory, without a gap or an overlap. So a reader from the front and one from the end see the same archive.
/// </remarks>
internal sealed class ZipDirectory
{
    private const int EntryBytes = 46;
    private const int HeaderBytes = 30;
    private const int Zip64Extra = 1;
    private const int EncryptedFlags = 0x41;
    private const int DescriptorFlag = 8;
    private const int Stored = 0;
    private const int Deflated = 8;
    private const int MostGapBytes = 24;

    // Deflate cannot do better.
    private const long MostRatio = 1032;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly string _label;
    private readonly ZipEnd _end;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    private ZipDirectory(ByteSource source, string label)
    {
        _source = source;
        _label = label;
        _end = ZipEnd.Read(source, label);
    }

    /// <summary>Reads the entries of an archive by their names.</summary>
    /// <exception cref="CheckpointException">The archive is broken, ambiguous, encrypted or packed in an unknown way.</exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(ByteSource source, string label)
    {
        ZipDirectory directory = new(source, label);
        directory.ReadRecords();
        return directory._entries;
    }

    private void ReadRecords()
    {
        ReadOnlySpan<byte> directory = _source.ReadBytes(_end.DirectoryStart, _end.DirectoryBytes);
        List<Record> records = new(_end.EntryCount);
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < _end.EntryCount; i++)
        {
            Record record = ReadRecord(ref directory);
            if (!names.Add(record.Name))
            {
                throw Broken($"two entries {PickleText.Quote(record.Name)}");
            }

            records.Add(record);
        }

        if (!directory.IsEmpty)
        {
            throw Broken("the central directory has more entries than its end record says");
        }

        Record? last = null;
        foreach (Record record in records.OrderBy(record => record.HeaderStart))
        {
            CheckGap(last, (long)record.HeaderStart, $"entry {PickleText.Quote(record.Name)}");
            ReadHeader(record);
            last = record;
        }

        CheckGap(last, _end.DirectoryStart, "the central directory");
    }

    private Record ReadRecord(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < EntryBytes || !rest.StartsWith("PK\x01\x02"u8))
        {
            throw Broken("the central directory is broken");
        }

        ReadOnlySpan<byte> fixedPart = rest;
        int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[28..]);
        int extraBytes = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[30..]);
        int commentBytes = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[32..]);
        if (EntryBytes + nameBytes + extraBytes + commentBytes > rest.Length)
        {
            throw Broken("the central directory is broken");
        }

        Record record = new()
        {
            Name = Decode(rest.Slice(EntryBytes, nameBytes)),
            Flags = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[8..]),
            Method = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[10..]),
            Crc32 = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[16..]),
            PackedBytes = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[20..]),
            LengthBytes = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[24..]),
            HeaderStart = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[42..]),
        };
        record = Widen(record, rest.Slice(EntryBytes + nameBytes, extraBytes));
        if (BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[34..]) is not (0 or ushort.MaxValue))
        {
            throw Broken("the archive is one of several parts");
        }

        rest = rest[(EntryBytes + nameBytes + extraBytes + commentBytes)..];
        Check(record);
        return record;
    }

    // Numbers that do not fit 32 bits stand in a field of their own.
    private Record Widen(Record record, ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int kind = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int lengthBytes = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (lengthBytes > extra.Length - 4)
            {
                throw Broken($"{PickleText.Quote(record.Name)} has a broken extra field");
            }

            if (kind == Zip64Extra)
            {
                ReadOnlySpan<byte> field = extra.Slice(4, lengthBytes);
                return record with
                {
                    LengthBytes = Wide(record, record.LengthBytes, ref field),
                    PackedBytes = Wide(record, record.PackedBytes, ref field),
                    HeaderStart = Wide(record, record.HeaderStart, ref field),
                };
            }

            extra = extra[(4 + lengthBytes)..];
        }

        return record;
    }

    private ulong Wide(Record record, ulong number, ref ReadOnlySpan<byte> field)
    {
        if (number != uint.MaxValue)
        {
            return number;
        }

        if (field.Length < sizeof(ulong))
        {
            throw Broken($"{PickleText.Quote(record.Name)} has a broken zip64 field");
        }

        ulong wide = BinaryPrimitives.ReadUInt64LittleEndian(field);
        field = field[sizeof(ulong)..];
        return wide;
    }

    private void Check(Record record)
    {
        string name = PickleText.Quote(record.Name);
        if ((record.Flags & EncryptedFlags) != 0)
        {
            throw Unsupported($"entry {name} is encrypted");
        }

        if (record.Method is not (Stored or Deflated))
        {
            throw Unsupported($"entry {name} is compressed by method {record.Method}; only deflate is read");
        }

        string[] parts = record.Name.Split('/');
        bool isWithin = parts[0] != "" && !parts.Contains("..") && !parts[0].Contains(':', StringComparison.Ordinal)
            && !record.Name.AsSpan().ContainsAny('\\', '\0');
        if (!isWithin)
        {
            throw Broken($"entry {name} leads out of the archive");
        }

        if (record.PackedBytes > (ulong)_end.DirectoryStart || record.HeaderStart > (ulong)_end.DirectoryStart)
        {
            throw Broken($"entry {name} is longer than the archive");
        }

        if (record.Method == Stored && record.PackedBytes != record.LengthBytes)
        {
            throw Broken($"entry {name} is stored, and has two sizes");
        }

        if (record.Method == Deflated && record.LengthBytes > (ulong)(MostRatio * ((long)record.PackedBytes + 1)))
        {
            throw Broken(Invariant($"entry {name} is said to be {record.LengthBytes:N0} bytes in {record.PackedBytes:N0} of deflate"));
        }
    }

    private void ReadHeader(Record record)
    {
        string name = PickleText.Quote(record.Name);
        long start = (long)record.HeaderStart;
        if (start + HeaderBytes > _end.DirectoryStart)
        {
            throw Broken($"entry {name} has no local header");
        }

        ReadOnlySpan<byte> header = _source.ReadBytes(start, HeaderBytes);
        int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        long dataStart = start + HeaderBytes + nameBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (!header.StartsWith("PK\x03\x04"u8) || dataStart > _end.DirectoryStart - (long)record.PackedBytes)
        {
            throw Broken($"entry {name} has no local header, or ends behind the archive");
        }

        ReadOnlySpan<byte> rest = _source.ReadBytes(start + HeaderBytes, (int)(dataStart - start - HeaderBytes));
        bool isSame = rest[..nameBytes].SequenceEqual(Encoding.UTF8.GetBytes(record.Name))
            && BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) == record.Method;
        if (!isSame)
        {
            throw Broken($"entry {name} has another name or method in its local header");
        }

        // Where sizes follow after the bytes, they are 0 here.
        if ((BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) & DescriptorFlag) == 0)
        {
            Record local = Widen(record with
            {
                PackedBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[18..]),
                LengthBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]),
                HeaderStart = 0,
            }, rest[nameBytes..]);
            CheckSizes(record, local.PackedBytes, local.LengthBytes, "its local header");
        }

        ZipEntry entry = new(
            record.Name, start, dataStart, (long)record.PackedBytes, (long)record.LengthBytes, record.Method == Deflated, record.Crc32);
        _entries.Add(entry.Name, entry);
    }

    // Between entries there is nothing, or the sizes of the one before: with or without a signature, in 32 or 64 bits.
    private void CheckGap(Record? last, long next, string name)
    {
        long position = last is null ? 0 : _entries[last.Name].DataEnd;
        long gapBytes = next - position;
        if (gapBytes < 0)
        {
            throw Broken($"{name} overlaps the entry before it");
        }

        if (gapBytes == 0)
        {
            return;
        }

        bool mayBeDescriptor = last is not null && (last.Flags & DescriptorFlag) != 0 && gapBytes is 12 or 16 or 20 or MostGapBytes;
        ReadOnlySpan<byte> gap = mayBeDescriptor ? _source.ReadBytes(position, (int)gapBytes) : [];
        bool hasSignature = gapBytes is 16 or MostGapBytes;
        if (!mayBeDescriptor || (hasSignature && !gap.StartsWith("PK\x07\x08"u8)))
        {
            throw Broken(Invariant($"{gapBytes:N0} bytes before {name} belong to nothing"));
        }

        ReadOnlySpan<byte> sizes = gap[(hasSignature ? 8 : 4)..];
        (ulong packed, ulong length) = sizes.Length == 2 * sizeof(uint)
            ? (BinaryPrimitives.ReadUInt32LittleEndian(sizes), BinaryPrimitives.ReadUInt32LittleEndian(sizes[4..]))
            : (BinaryPrimitives.ReadUInt64LittleEndian(sizes), BinaryPrimitives.ReadUInt64LittleEndian(sizes[8..]));
        CheckSizes(last!, packed, length, "the record after it");
    }

    private void CheckSizes(Record record, ulong packedBytes, ulong lengthBytes, string place)
    {
        if (packedBytes != record.PackedBytes || lengthBytes != record.LengthBytes)
        {
            throw Broken(Invariant(
                $"entry {PickleText.Quote(record.Name)} has {packedBytes:N0} bytes in {place}, {record.PackedBytes:N0} in the directory"));
        }
    }

    private string Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return _strict.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw Broken("the name of an entry is not UTF-8");
        }
    }

    private CheckpointException Broken(string reason) => CheckpointException.BadHeader(_label, reason, PickleFault.DownloadAgain);

    private CheckpointException Unsupported(string reason) =>
        new(new Problem(
            ErrorCodes.ContentUnsupported, $"{_label}: {reason}", "Unpack the archive where it was made, and save the weights again."));

    private sealed record Record
    {
        public required string Name { get; init; }

        public required int Flags { get; init; }

        public required int Method { get; init; }

        public required uint Crc32 { get; init; }

        public required ulong PackedBytes { get; init; }

        public required ulong LengthBytes { get; init; }

        public required ulong HeaderStart { get; init; }
    }
}
