using System.Buffers.Binary;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>The record at an archive's end: where the central directory is.</summary>
/// <param name="DirectoryStart">Where it begins.</param>
/// <param name="DirectoryBytes">How long it is.</param>
/// <param name="EntryCount">How many entries it has.</param>
internal readonly record struct ZipEnd(long DirectoryStart, int DirectoryBytes, int EntryCount)
{
    private const int RecordBytes = 22;
    private const int MostCommentBytes = ushort.MaxValue;
    private const int LocatorBytes = 20;
    private const int Zip64RecordBytes = 56;
    private const int LeastEntryBytes = 46;
    private const int MostDirectoryBytes = 256 << 20;

    private static ReadOnlySpan<byte> Signature => "PK\x05\x06"u8;

    private static ReadOnlySpan<byte> LocatorSignature => "PK\x06\x07"u8;

    private static ReadOnlySpan<byte> Zip64Signature => "PK\x06\x06"u8;

    /// <summary>Finds the record; it must be the last thing in the archive but for its own comment.</summary>
    /// <exception cref="CheckpointException">There is none, or it contradicts what is there.</exception>
    public static ZipEnd Read(ByteSource source, string label)
    {
        int tailBytes = (int)Math.Min(source.LengthBytes, RecordBytes + MostCommentBytes);
        byte[] tail = source.ReadBytes(source.LengthBytes - tailBytes, tailBytes);
        int at = tail.AsSpan().LastIndexOf(Signature);
        if (at < 0 || at + RecordBytes > tail.Length)
        {
            throw CheckpointException.BadHeader(
                label, "the archive has no end: its central directory is missing", PickleFault.DownloadAgain);
        }

        ReadOnlySpan<byte> record = tail.AsSpan(at, RecordBytes);
        if (at + RecordBytes + BinaryPrimitives.ReadUInt16LittleEndian(record[20..]) != tail.Length)
        {
            throw CheckpointException.BadHeader(label, "bytes follow after the archive's end");
        }

        Counts counts = new(
            BinaryPrimitives.ReadUInt16LittleEndian(record[4..]), BinaryPrimitives.ReadUInt16LittleEndian(record[6..]),
            BinaryPrimitives.ReadUInt16LittleEndian(record[8..]), BinaryPrimitives.ReadUInt16LittleEndian(record[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[12..]), BinaryPrimitives.ReadUInt32LittleEndian(record[16..]));
        long end = source.LengthBytes - tailBytes + at;
        return Check(ReadZip64(source, label, counts, ref end), end, label);
    }

    // In files above 4 GiB, and where a writer likes it, a wider record with a pointer to it lies before the record.
    private static Counts ReadZip64(ByteSource source, string label, Counts narrow, ref long end)
    {
        if (end < LocatorBytes + Zip64RecordBytes)
        {
            return narrow;
        }

        ReadOnlySpan<byte> locator = source.ReadBytes(end - LocatorBytes, LocatorBytes);
        if (!locator.StartsWith(LocatorSignature))
        {
            return narrow;
        }

        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        long expected = end - LocatorBytes - Zip64RecordBytes;
        ReadOnlySpan<byte> record = source.ReadBytes(expected, Zip64RecordBytes);
        if (start != (ulong)expected || !record.StartsWith(Zip64Signature))
        {
            throw CheckpointException.BadHeader(label, "the archive's zip64 record is not where its locator says");
        }

        Counts wide = new(
            BinaryPrimitives.ReadUInt32LittleEndian(record[16..]), BinaryPrimitives.ReadUInt32LittleEndian(record[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[24..]), BinaryPrimitives.ReadUInt64LittleEndian(record[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[40..]), BinaryPrimitives.ReadUInt64LittleEndian(record[48..]));
        if (!narrow.Allows(wide))
        {
            throw CheckpointException.BadHeader(label, "the archive's two end records contradict each other");
        }

        end = expected;
        return wide;
    }

    private static ZipEnd Check(Counts counts, long end, string label)
    {
        if (counts.Disk != 0 || counts.DirectoryDisk != 0 || counts.EntriesHere != counts.Entries)
        {
            throw CheckpointException.BadHeader(label, "the archive is one of several parts");
        }

        if (counts.DirectoryStart > (ulong)end || counts.DirectoryBytes != (ulong)end - counts.DirectoryStart)
        {
            throw CheckpointException.BadHeader(
                label, "the archive's central directory is not where its end record says", PickleFault.DownloadAgain);
        }

        return counts.DirectoryBytes <= MostDirectoryBytes && counts.Entries <= counts.DirectoryBytes / LeastEntryBytes
            ? new ZipEnd((long)counts.DirectoryStart, (int)counts.DirectoryBytes, (int)counts.Entries)
            : throw CheckpointException.BadHeader(
                label, Invariant($"{counts.Entries:N0} entries in a central directory of {counts.DirectoryBytes:N0} bytes"));
    }

    private readonly record struct Counts(
        ulong Disk, ulong DirectoryDisk, ulong EntriesHere, ulong Entries, ulong DirectoryBytes, ulong DirectoryStart)
    {
        // Every number is either the same, or the one that stands for "see the wider record".
        public bool Allows(Counts wide) =>
            Fits(Disk, wide.Disk, ushort.MaxValue) && Fits(DirectoryDisk, wide.DirectoryDisk, ushort.MaxValue)
            && Fits(EntriesHere, wide.EntriesHere, ushort.MaxValue) && Fits(Entries, wide.Entries, ushort.MaxValue)
            && Fits(DirectoryBytes, wide.DirectoryBytes, uint.MaxValue) && Fits(DirectoryStart, wide.DirectoryStart, uint.MaxValue);

        private static bool Fits(ulong narrow, ulong wide, ulong placeholder) => narrow == wide || narrow == placeholder;
    }
}
