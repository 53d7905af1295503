using MergeHost.Checkpoints;
using MergeHost.Storage;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Which files hold a checkpoint.</summary>
internal static class GgufFiles
{
    /// <summary>Finds the files of a checkpoint that is named by a file, one of several or not, or by a folder.</summary>
    /// <returns>Their names, in order.</returns>
    /// <exception cref="CheckpointException">There is none, one is missing, or it cannot be told which is meant.</exception>
    public static IReadOnlyList<string> Find(CheckpointFiles files) => WithSiblings(files, files.Named ?? FindInFolder(files));

    private static string FindInFolder(CheckpointFiles files)
    {
        string[] names = FilesThatEnd(files, SplitName.Extension);
        if (names.Length == 0)
        {
            bool isUnfinished = FilesThatEnd(files, SplitName.Extension + PartialFile.Suffix).Length > 0;
            throw new CheckpointException(new Problem(
                ErrorCodes.CheckpointUnreadable,
                $"{files.Path}: there is no '*{SplitName.Extension}' file{(isUnfinished ? ", only unfinished ones" : "")}",
                isUnfinished ? "Run the program that was writing the checkpoint again." : null));
        }

        string[] checkpoints = [.. names.DistinctBy(name => SplitName.Parse(name) is { } split ? (split.Prefix, split.Count) : (name, 0))];
        return checkpoints is [string only]
            ? only
            : throw new CheckpointException(new Problem(
                ErrorCodes.CheckpointUnreadable,
                $"{files.Path}: '{checkpoints[0]}' and {checkpoints.Length - 1} more could be meant",
                "Name one of the files."));
    }

    private static string[] WithSiblings(CheckpointFiles files, string named)
    {
        if (SplitName.Parse(named) is not { } split)
        {
            return [named];
        }

        if (split.Number < 1 || split.Number > split.Count)
        {
            throw CheckpointException.BadIndex(files.PathOf(named), $"the name says file {split.Number} of {split.Count}");
        }

        string[] names = [.. Enumerable.Range(1, split.Count).Select(number => (split with { Number = number }).ToString())];
        string[] missing = [.. names.Where(name => !files.Has(name))];
        return missing.Length == 0
            ? names
            : throw CheckpointException.BadIndex(
                files.PathOf(named), $"{missing.Length} of {split.Count} files are missing, first '{missing[0]}'",
                "Download the missing files to the same folder.");
    }

    private static string[] FilesThatEnd(CheckpointFiles files, string extension) =>
        [.. files.Names.Where(name => name.EndsWith(extension, StringComparison.Ordinal))];
}
