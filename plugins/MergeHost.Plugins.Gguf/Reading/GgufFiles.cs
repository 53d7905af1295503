using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Which files a path stands for.</summary>
internal static class GgufFiles
{
    /// <summary>Finds the files of a checkpoint that is named by a file, one of several or not, or by a folder.</summary>
    /// <returns>The files, in order.</returns>
    /// <exception cref="CheckpointException">There is none, one is missing, or it cannot be told which is meant.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        try
        {
            return WithSiblings(Directory.Exists(path) ? FindInFolder(path) : path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    private static string FindInFolder(string folder)
    {
        string[] files = FilesThatEnd(folder, SplitName.Extension);
        if (files.Length == 0)
        {
            bool isUnfinished = FilesThatEnd(folder, SplitName.Extension + PartialFile.Suffix).Length > 0;
            throw new CheckpointException(new Problem(
                ErrorCodes.CheckpointUnreadable,
                $"{folder}: there is no '*{SplitName.Extension}' file{(isUnfinished ? ", only unfinished ones" : "")}",
                isUnfinished ? "Run the program that was writing the checkpoint again." : null));
        }

        string[] checkpoints = [.. files.DistinctBy(file => SplitName.Parse(Path.GetFileName(file)) is { } split ? (split.Prefix, split.Count) : (file, 0))];
        return checkpoints is [string only]
            ? only
            : throw new CheckpointException(new Problem(
                ErrorCodes.CheckpointUnreadable,
                $"{folder}: '{Path.GetFileName(checkpoints[0])}' and {checkpoints.Length - 1} more could be meant",
                "Name one of the files."));
    }

    private static string[] WithSiblings(string path)
    {
        if (SplitName.Parse(Path.GetFileName(path)) is not { } split)
        {
            return [path];
        }

        if (split.Number < 1 || split.Number > split.Count)
        {
            throw CheckpointException.BadIndex(path, $"the name says file {split.Number} of {split.Count}");
        }

        string folder = Path.GetDirectoryName(path) ?? "";
        string[] files = [.. Enumerable.Range(1, split.Count).Select(number => Path.Combine(folder, (split with { Number = number }).ToString()))];
        string[] missing = [.. files.Where(file => !File.Exists(file)).Select(file => Path.GetFileName(file))];
        return missing.Length == 0
            ? files
            : throw CheckpointException.BadIndex(
                path, $"{missing.Length} of {split.Count} files are missing, first '{missing[0]}'", "Download the missing files to the same folder.");
    }

    private static string[] FilesThatEnd(string folder, string extension) =>
        [.. Directory.EnumerateFiles(folder, "*" + extension).Order(StringComparer.Ordinal)];
}
