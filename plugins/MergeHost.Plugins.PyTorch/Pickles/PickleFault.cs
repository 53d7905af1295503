using MergeHost.Checkpoints;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>Why a pickle is refused; becomes a <see cref="CheckpointException"/> once the place is known.</summary>
internal sealed class PickleFault(ErrorCode code, string reason, string? hint = null) : Exception(reason)
{
    /// <summary>The way out for files that are damaged.</summary>
    public const string DownloadAgain = "Download the file again, or compare its hash with the publisher's.";

    private const string Resave = "Load the file where it was made, and save a dict of tensors only, best as safetensors.";

    /// <summary>The pickle breaks the rules of pickles.</summary>
    public static PickleFault Broken(string reason) => new(ErrorCodes.BadHeader, reason, DownloadAgain);

    /// <summary>The pickle is deeper, longer or has more values than are read.</summary>
    public static PickleFault Limit(string reason) => new(ErrorCodes.BadHeader, reason);

    /// <summary>The pickle asks for something that is not data.</summary>
    public static PickleFault Refused(string reason) => new(ErrorCodes.UnsafePickle, reason, Resave);

    /// <summary>The pickle holds tensors of a kind that cannot be read.</summary>
    public static PickleFault Unsupported(string reason, string? hint = null) => new(ErrorCodes.ContentUnsupported, reason, hint ?? Resave);

    /// <summary>A tensor, or its storage, contradicts itself.</summary>
    public static PickleFault BadTensor(string reason) => new(ErrorCodes.BadTensor, reason, DownloadAgain);

    /// <summary>The exception that users see.</summary>
    /// <param name="label">The file and the part of it that holds the pickle.</param>
    /// <param name="place">The byte of the pickle at which the refused opcode is.</param>
    public CheckpointException At(string label, long place) =>
        new(new Problem(code, Invariant($"{label}: byte {place:N0}: {Message}"), hint), this);

    /// <summary>The exception that users see, where the fault is in what is said of a tensor.</summary>
    public CheckpointException Of(string label, string tensor) =>
        new(new Problem(code, $"{label}: tensor '{CheckpointException.Printable(tensor)}': {Message}", hint), this);
}
