using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.PyTorch;

/// <summary>Which files hold a checkpoint.</summary>
/// <param name="Files">What there is.</param>
/// <param name="Weights">The files with tensors, in the order of their names.</param>
/// <param name="Index">The index of the shards, or <see langword="null"/> for a single file.</param>
/// <param name="Warnings">What is odd about the choice.</param>
internal sealed record PyTorchFiles(
    CheckpointFiles Files, IReadOnlyList<string> Weights, ShardIndex? Index, IReadOnlyList<Problem> Warnings)
{
    private const string Extension = ".bin";
    private const string IndexExtension = ".bin.index.json";
    private const string Single = "pytorch_model.bin";
    private const string SingleIndex = "pytorch_model.bin.index.json";

    // By what training programs leave beside the weights.
    private static readonly string[] _weights =
        ["pytorch_model*.bin", "adapter_model.bin", "model*.bin", "model*.pt", "model*.pth", "consolidated*.pth", "*.ckpt",
            "*model_states.pt"];

    /// <summary>Finds the files of a checkpoint that is named by a file, an index or a folder.</summary>
    /// <exception cref="CheckpointException">There is none, it is not clear which is meant, or another program must convert it.</exception>
    public static PyTorchFiles Find(CheckpointFiles files) => files.Named switch
    {
        null => FindInFolder(files),
        string index when index.EndsWith(IndexExtension, StringComparison.Ordinal) => FromIndex(files, index),
        string archive when archive.EndsWith(".nemo", StringComparison.Ordinal) =>
            throw Convert(files.Path, "an archive of NeMo (.nemo)", StateDict.ExportMegatron),
        string single => FromSingle(files, single),
    };

    private static PyTorchFiles FindInFolder(CheckpointFiles files)
    {
        if (files.Has(Single))
        {
            return files.Has(SingleIndex)
                ? FromSingle(
                    files, Single, Oddity.Of(files.Path, $"both '{Single}' and '{SingleIndex}' are there; the single file is read"))
                : FromSingle(files, Single);
        }

        string[] indexes = files.Has(SingleIndex) ? [SingleIndex] : Matching(files, "*" + IndexExtension);
        if (indexes.Length == 1)
        {
            return FromIndex(files, indexes[0]);
        }

        string[] weights = [.. _weights.SelectMany(pattern => Matching(files, pattern)).Distinct().Order(StringComparer.Ordinal)];
        if (weights.Length == 1)
        {
            return FromSingle(files, weights[0]);
        }

        string folder = files.Path;
        throw indexes.Length > 1 ? Ambiguous(folder, indexes, $"none is called '{SingleIndex}'")
            : weights.Length > 1 ? Several(folder, weights)
            : OthersIn(files) ?? CheckpointException.Unreadable(folder, $"there is no '{Single}' and no '{SingleIndex}'");
    }

    private static PyTorchFiles FromSingle(CheckpointFiles files, string name, params IReadOnlyList<Problem> warnings) =>
        new(files, [name], null, warnings);

    private static PyTorchFiles FromIndex(CheckpointFiles files, string name)
    {
        ShardIndex index = ShardIndex.Read(files, name, Extension);
        return new PyTorchFiles(files, index.FindShards(), index, index.Warnings);
    }

    private static string[] Matching(CheckpointFiles files, string pattern) =>
        [.. files.Names.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))];

    private static CheckpointException Several(string folder, string[] names)
    {
        if (names.All(name => name.StartsWith("consolidated.", StringComparison.Ordinal)))
        {
            return Convert(folder, $"Meta's checkpoint in {names.Length} files, each of which has a piece of every tensor",
                "Convert it with transformers: `python convert_llama_weights_to_hf.py --input_dir FOLDER --output_dir OUT`.");
        }

        return names.All(name => name.Contains("zero_pp_rank_", StringComparison.Ordinal))
            ? Zero(folder)
            : Ambiguous(folder, names, $"there is no '{SingleIndex}'");
    }

    // Folders of training programs that keep the weights deeper, or in pieces.
    private static CheckpointException? OthersIn(CheckpointFiles files) =>
        Holds(files, "zero_to_fp32.py") || Holds(files, "latest") ? Zero(files.Path)
        : Holds(files, "latest_checkpointed_iteration.txt")
            || files.Folders.Any(name => name.StartsWith("mp_rank_", StringComparison.Ordinal))
            ? Convert(files.Path, "Megatron's own checkpoint", StateDict.ExportMegatron)
        : null;

    private static bool Holds(CheckpointFiles files, string name) => files.Has(name) || files.Folders.Contains(name);

    private static CheckpointException Zero(string folder) => Convert(
        folder, "DeepSpeed's checkpoint, in which each rank has a piece of every tensor",
        "Consolidate it: `python zero_to_fp32.py FOLDER OUT --safe_serialization`, "
            + "or name `mp_rank_00_model_states.pt`, which stages 1 and 2 write whole.");

    private static CheckpointException Convert(string path, string found, string hint) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{path}: {found}, cannot be read", hint));

    private static CheckpointException Ambiguous(string folder, string[] candidates, string reason) =>
        new(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{folder}: '{candidates[0]}' and {candidates.Length - 1} more could be meant, and {reason}",
            ShardIndex.HintWithout(SingleIndex, candidates)));
}
