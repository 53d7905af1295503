using MergeHost.Checkpoints;
using MergeHost.Kernels.Folders;
using MergeHost.Kernels.IO;

namespace MergeHost.Plugins.Safetensors;

/// <summary>Which files a path stands for.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Weights">The files with tensors, in the order of their names.</param>
/// <param name="Index">The index of the shards, or <see langword="null"/> for a single file.</param>
/// <param name="Warnings">What is odd about the choice.</param>
internal sealed record CheckpointFiles(
    string Folder, IReadOnlyList<string> Weights, ShardIndex? Index, IReadOnlyList<Problem> Warnings)
{
    /// <summary>Finds the files of a checkpoint that is named by a file, an index or a folder.</summary>
    /// <exception cref="CheckpointException">There is none, or it cannot be told which is meant.</exception>
    public static CheckpointFiles Find(string path)
    {
        try
        {
            return Directory.Exists(path) ? FindInFolder(path)
                : path.EndsWith(SafetensorsNames.IndexExtension, StringComparison.Ordinal) ? FromIndex(path)
                : FromSingle(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    private static CheckpointFiles FindInFolder(string folder)
    {
        string single = Path.Combine(folder, SafetensorsNames.Single);
        string index = Path.Combine(folder, SafetensorsNames.Index);
        if (File.Exists(single))
        {
            return File.Exists(index)
                ? FromSingle(single, Oddity.Of(
                    folder, $"both '{SafetensorsNames.Single}' and '{SafetensorsNames.Index}' are there; the single file is read"))
                : FromSingle(single);
        }

        string[] indexes = File.Exists(index) ? [index] : FilesThatEnd(folder, SafetensorsNames.IndexExtension);
        string[] weights = FilesThatEnd(folder, SafetensorsNames.Extension);
        return (indexes.Length, weights.Length) switch
        {
            (1, _) => FromIndex(indexes[0]),
            (0, 1) => FromSingle(weights[0]),
            (0, 0) => throw NothingIn(folder),
            (0, _) => throw Ambiguous(folder, weights, $"there is no '{SafetensorsNames.Index}'"),
            _ => throw Ambiguous(folder, indexes, $"none is called '{SafetensorsNames.Index}'"),
        };
    }

    private static CheckpointFiles FromSingle(string path, params IReadOnlyList<Problem> warnings) =>
        new(Path.GetDirectoryName(path) ?? "", [path], null, warnings);

    private static CheckpointFiles FromIndex(string path)
    {
        ShardIndex index = ShardIndex.Read(path, SafetensorsNames.Extension);
        return new CheckpointFiles(Path.GetDirectoryName(path)!, index.FindShards(), index, index.Warnings);
    }

    private static string[] FilesThatEnd(string folder, string extension) =>
        [.. Directory.EnumerateFiles(folder, "*" + extension).Order(StringComparer.Ordinal)];

    private static CheckpointException NothingIn(string folder)
    {
        bool isUnfinished = FilesThatEnd(folder, SafetensorsNames.Extension + PartialFile.Suffix).Length > 0;
        return new CheckpointException(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{folder}: there is no '*{SafetensorsNames.Extension}' file{(isUnfinished ? ", only unfinished ones" : "")}",
            isUnfinished ? "Run the program that was writing the checkpoint again." : null));
    }

    private static CheckpointException Ambiguous(string folder, string[] candidates, string reason) =>
        new(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{folder}: '{Path.GetFileName(candidates[0])}' and {candidates.Length - 1} more could be meant, and {reason}",
            "Name one of the files, or add the index of the shards."));
}
