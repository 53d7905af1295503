using MergeHost.Checkpoints;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>Which files hold a checkpoint.</summary>
/// <param name="Files">What there is.</param>
/// <param name="Weights">The files with tensors, in the order of their names.</param>
/// <param name="Index">The index of the shards, or <see langword="null"/> for a single file.</param>
/// <param name="Warnings">What is odd about the choice.</param>
internal sealed record SafetensorsFiles(CheckpointFiles Files, IReadOnlyList<string> Weights, ShardIndex? Index,
    IReadOnlyList<Problem> Warnings)
{
    /// <summary>Finds the files of a checkpoint that is named by a file, an index or a folder.</summary>
    /// <exception cref="CheckpointException">There is none, or it cannot be told which is meant.</exception>
    public static SafetensorsFiles Find(CheckpointFiles files) => files.Named switch
    {
        null => FindInFolder(files),
        string index when index.EndsWith(SafetensorsNames.IndexExtension, StringComparison.Ordinal) => FromIndex(files, index),
        string single => FromSingle(files, single, [.. PartOf(files, single)]),
    };

    private static SafetensorsFiles FindInFolder(CheckpointFiles files)
    {
        if (files.Has(SafetensorsNames.Single))
        {
            return files.Has(SafetensorsNames.Index)
                ? FromSingle(files, SafetensorsNames.Single, Oddity.Of(
                    files.Path, $"both '{SafetensorsNames.Single}' and '{SafetensorsNames.Index}' are there; the single file is read"))
                : FromSingle(files, SafetensorsNames.Single);
        }

        string[] indexes = files.Has(SafetensorsNames.Index)
            ? [SafetensorsNames.Index]
            : FilesThatEnd(files, SafetensorsNames.IndexExtension);
        string[] weights = FilesThatEnd(files, SafetensorsNames.Extension);
        if (indexes.Length == 0 && weights.Contains(SafetensorsNames.Adapter))
        {
            return FromSingle(files, SafetensorsNames.Adapter, [.. BesideAdapter(files)]);
        }

        return (indexes.Length, weights.Length) switch
        {
            (1, _) => FromIndex(files, indexes[0]),
            (0, 1) => FromSingle(files, weights[0], [.. PartOf(files, weights[0])]),
            (0, 0) => throw NothingIn(files),
            (0, _) => throw Ambiguous(files, weights, $"there is no '{SafetensorsNames.Index}'"),
            _ => throw Ambiguous(files, indexes, $"none is called '{SafetensorsNames.Index}'"),
        };
    }

    private static SafetensorsFiles FromSingle(CheckpointFiles files, string name, params IReadOnlyList<Problem> warnings) =>
        new(files, [name], null, warnings);

    // A single file that does not hold the whole model, or not under the names that configuration and slices know.
    private static IEnumerable<Problem> PartOf(CheckpointFiles files, string name)
    {
        if (ShardIndex.CountIn(name) is > 1 and int count)
        {
            yield return Oddity.Of(files.Path, $"'{name}' is one of {count} shards; the tensors of the others are not read");
        }
        else if (name == SafetensorsNames.Consolidated)
        {
            yield return Oddity.Of(
                files.Path,
                $"'{name}' names its tensors otherwise than config.json expects; '{SafetensorsNames.Single}', or its shards, are the model "
                    + "of the hub");
        }
    }

    // What an adapter may have beside it that changes the model too must not be lost without a word.
    private static IEnumerable<Problem> BesideAdapter(CheckpointFiles files)
    {
        if (files.Names.FirstOrDefault(SafetensorsNames.NewEmbeddings.Contains) is { } rows)
        {
            throw new CheckpointException(new Problem(ErrorCodes.ContentUnsupported,
                $"{files.Path}: '{rows}' holds rows for new tokens, which vLLM appends to the model's embeddings, and which are not read",
                "Add the rows to the base's embeddings first, or move the file away if the new tokens are not needed."));
        }

        foreach (string other in FilesThatEnd(files, SafetensorsNames.Extension).Where(name => name != SafetensorsNames.Adapter))
        {
            yield return Oddity.Of(files.Path, $"'{other}' is not read: the adapter is in '{SafetensorsNames.Adapter}'");
        }
    }

    private static SafetensorsFiles FromIndex(CheckpointFiles files, string name)
    {
        ShardIndex index = ShardIndex.Read(files, name, SafetensorsNames.Extension);
        return new SafetensorsFiles(files, index.FindShards(), index, index.Warnings);
    }

    private static string[] FilesThatEnd(CheckpointFiles files, string extension) =>
        [.. files.Names.Where(name => name.EndsWith(extension, StringComparison.Ordinal))];

    private static CheckpointException NothingIn(CheckpointFiles files)
    {
        bool isUnfinished = FilesThatEnd(files, SafetensorsNames.Extension + PartialFile.Suffix).Length > 0;
        return new CheckpointException(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{files.Path}: there is no '*{SafetensorsNames.Extension}' file{(isUnfinished ? ", only unfinished ones" : "")}",
            isUnfinished ? "Run the program that was writing the checkpoint again." : null));
    }

    private static CheckpointException Ambiguous(CheckpointFiles files, string[] candidates, string reason) =>
        new(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{files.Path}: '{candidates[0]}' and {candidates.Length - 1} more could be meant, and {reason}",
            ShardIndex.HintWithout(SafetensorsNames.Index, candidates)));
}
