using System.Globalization;

namespace MergeHost.Checkpoints;

/// <summary>A checkpoint that cannot be read as it should be.</summary>
/// <remarks>The only exception that <see cref="ICheckpointFormat"/> and
/// <see cref="ICheckpointReader"/> throw for what a file holds.</remarks>
public sealed class CheckpointException(Problem problem, Exception? inner = null) : MergeHostException(problem, inner)
{
    /// <summary>A file or folder that cannot be opened.</summary>
    public static CheckpointException Unreadable(string path, string reason, Exception? inner = null) =>
        Make(ErrorCodes.CheckpointUnreadable, path, reason, null, inner);

    /// <summary>A file that holds something else than its name says, such as a web page or a Git-LFS pointer.</summary>
    public static CheckpointException OtherFormat(string path, string expected, string found, string hint) =>
        Make(ErrorCodes.OtherFormat, path, $"expected {expected}, found {found}", hint);

    /// <summary>A file that ends before a tensor does.</summary>
    public static CheckpointException Truncated(string path, string tensor, long endByte, long lengthBytes) =>
        Make(ErrorCodes.Truncated, path,
            Invariant($"tensor '{Printable(tensor)}' ends at byte {endByte:N0}, the file has {lengthBytes:N0}"),
            "Download the file again, or compare its hash with the publisher's.");

    /// <summary>A file that ends before its header does.</summary>
    public static CheckpointException HeaderTruncated(string path, long endByte, long lengthBytes) =>
        Make(ErrorCodes.Truncated, path, Invariant($"the header ends at byte {endByte:N0}, the file has {lengthBytes:N0}"),
            "Download the file again, or compare its hash with the publisher's.");

    /// <summary>A header that breaks the rules of the format.</summary>
    public static CheckpointException BadHeader(string path, string reason, string? hint = null) =>
        Make(ErrorCodes.BadHeader, path, reason, hint);

    /// <summary>A tensor's record that breaks the rules of the format.</summary>
    public static CheckpointException BadTensor(string path, string tensor, string reason, string? hint = null) =>
        Make(ErrorCodes.BadTensor, path, $"tensor '{Printable(tensor)}': {reason}", hint);

    /// <summary>A tensor that lies where it must not.</summary>
    public static CheckpointException BadOffsets(string path, string tensor, string reason) =>
        Make(ErrorCodes.BadOffsets, path, $"tensor '{Printable(tensor)}': {reason}", null);

    /// <summary>A shard index that does not fit its shards.</summary>
    public static CheckpointException BadIndex(string path, string reason, string? hint = null) =>
        Make(ErrorCodes.BadIndex, path, reason, hint);

    /// <summary>Makes text from a file fit for a message: control characters are escaped, and length is bounded.</summary>
    public static string Printable(string text)
    {
        const int longest = 200;
        string cut = text.Length <= longest ? text : text[..longest] + "…";
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? Invariant($"\\u{(int)c:x4}") : c.ToString()));
    }

    private static CheckpointException Make(ErrorCode code, string path, string reason, string? hint, Exception? inner = null) =>
        new(new Problem(code, $"{path}: {reason}", hint), inner);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
