using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>Opens checkpoints of this machine.</summary>
public static class FormatExtensions
{
    /// <summary>Opens the checkpoint at a path: a file or a folder.</summary>
    /// <inheritdoc cref="ICheckpointFormat.Open"/>
    public static ICheckpointReader Open(this ICheckpointFormat format, string path) => format.Open(LocalCheckpointFiles.At(path));
}
