using System.Buffers.Binary;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Safetensors;

/// <summary>The header of a file, checked against the file's length.</summary>
/// <param name="DataStart">Where the data begins in the file.</param>
/// <param name="Records">The tensors in the order of their bytes.</param>
/// <param name="Metadata">What the header says beside tensors.</param>
/// <param name="Warnings">What is odd.</param>
internal sealed record SafetensorsHeader(
    long DataStart, IReadOnlyList<HeaderTensor> Records, IReadOnlyList<KeyValuePair<string, string>> Metadata,
    IReadOnlyList<Problem> Warnings)
{
    /// <summary>The key in metadata by which programs tell how tensors are laid out, which is always the same.</summary>
    public const string FormatKey = "format";

    /// <summary>Bytes before the JSON: its length as an unsigned 64-bit integer, little-endian.</summary>
    public const int PrefixBytes = sizeof(ulong);

    /// <summary>The longest JSON that the format allows.</summary>
    public const int MostBytes = 100_000_000;

    // `{"__metadata__":{"format":"pt"}}` and blanks up to a multiple of eight.
    private const int BytesBesideTensors = 40;

    // `"":{"dtype":"BF16","shape":[4096,4096],"data_offsets":[1234567890,1234567890]},`
    private const int BytesBesideName = 80;

    /// <summary>How many bytes a header of tensors takes, mostly a little more than it really does.</summary>
    public static long Guess(IEnumerable<string> tensors) =>
        Math.Max(ForeignContent.HeadBytes,
            PrefixBytes + BytesBesideTensors + tensors.Sum(name => (long)Encoding.UTF8.GetByteCount(name) + BytesBesideName));

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="CheckpointException">It breaks the format's rules, or the file has another length than it says.</exception>
    public static SafetensorsHeader Read(CheckpointFile file)
    {
        int lengthBytes = ReadLength(file);
        byte[] json = new byte[lengthBytes];
        file.Read(PrefixBytes, json);
        (IReadOnlyList<HeaderTensor> records, IReadOnlyList<KeyValuePair<string, string>> metadata,
            IReadOnlyList<Problem> warnings) = HeaderParser.Parse(file.Path, json);

        // Stable, since tensors without bytes begin where others do.
        HeaderTensor[] ordered = [.. records.OrderBy(record => record.Begin).ThenBy(record => record.End)];
        CheckOffsets(file, PrefixBytes + lengthBytes, ordered);
        return new SafetensorsHeader(PrefixBytes + lengthBytes, ordered, metadata, warnings);
    }

    private static int ReadLength(CheckpointFile file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        ulong lengthBytes = head.Length < PrefixBytes ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(head);
        bool isPlausible = lengthBytes is > 0 and <= MostBytes && (head.Length == PrefixBytes || head[PrefixBytes] == '{');
        if (!isPlausible && ForeignContent.Recognise(head) is { } foreign)
        {
            throw CheckpointException.OtherFormat(file.Path, "a safetensors file", foreign.Found, foreign.Hint);
        }

        if (head.Length < PrefixBytes)
        {
            throw CheckpointException.HeaderTruncated(file.Path, PrefixBytes, file.LengthBytes);
        }

        if (lengthBytes is 0 or > MostBytes)
        {
            throw CheckpointException.BadHeader(
                file.Path, Invariant($"the header's length is {lengthBytes:N0}; it must be from 1 to {MostBytes:N0}"));
        }

        if (lengthBytes > (ulong)(file.LengthBytes - PrefixBytes))
        {
            throw CheckpointException.HeaderTruncated(file.Path, PrefixBytes + (long)lengthBytes, file.LengthBytes);
        }

        return head[PrefixBytes] == '{'
            ? (int)lengthBytes
            : throw CheckpointException.BadHeader(
                file.Path, Invariant($"the header begins with byte 0x{head[PrefixBytes]:X2}; expected '{{'"));
    }

    // Each tensor begins where the one before it ends, and the last one ends with the file.
    private static void CheckOffsets(CheckpointFile file, long dataStart, IReadOnlyList<HeaderTensor> ordered)
    {
        long dataBytes = file.LengthBytes - dataStart;
        long position = 0;
        string last = "";
        foreach (HeaderTensor record in ordered)
        {
            string name = record.Info.Name;
            if (record.Begin != position)
            {
                string neighbour = last.Length == 0 ? "the data begins" : $"'{CheckpointException.Printable(last)}' ends";
                string fault = record.Begin > position ? "leaves a hole" : "overlaps";
                throw CheckpointException.BadOffsets(
                    file.Path, name, Invariant($"{fault}: it begins at byte {record.Begin:N0}, {neighbour} at {position:N0}"));
            }

            if (record.End > dataBytes)
            {
                throw CheckpointException.Truncated(file.Path, name, AddSaturating(dataStart, record.End), file.LengthBytes);
            }

            position = record.End;
            last = name;
        }

        if (position < dataBytes)
        {
            string end = last.Length == 0
                ? "the header, which names no tensor"
                : $"the last tensor, '{CheckpointException.Printable(last)}'";
            throw new CheckpointException(new Problem(
                ErrorCodes.BadOffsets,
                Invariant($"{file.Path}: {dataBytes - position:N0} bytes follow after {end}"),
                "Download the file again, or compare its hash with the publisher's."));
        }
    }

    private static long AddSaturating(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
