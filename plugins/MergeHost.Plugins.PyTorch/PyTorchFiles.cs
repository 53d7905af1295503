using MergeHost.Checkpoints;
using MergeHost.Kernels.Folders;
using MergeHost.Kernels.IO;

namespace MergeHost.Plugins.PyTorch;

/// <summary>Which files a path stands for.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Weights">The files with tensors, in the order of their names.</param>
/// <param name="Index">The index of the shards, or <see langword="null"/> for a single file.</param>
/// <param name="Warnings">What is odd about the choice.</param>
internal sealed record PyTorchFiles(string Folder, IReadOnlyList<string> Weights, ShardIndex? Index, IReadOnlyList<Problem> Warnings)
{
    private const string Extension = ".bin";
    private const string IndexExtension = ".bin.index.json";
    private const string Single = "pytorch_model.bin";
    private const string SingleIndex = "pytorch_model.bin.index.json";
    private const string ExportMegatron =
        "Export it with Megatron-Bridge: `AutoBridge.from_hf_pretrained(\"HF_MODEL\").export_ckpt(\"FOLDER\", \"OUT\")`.";

    // By what training programs leave beside the weights.
    private static readonly string[] _weights =
        ["pytorch_model*.bin", "model*.bin", "model*.pt", "model*.pth", "consolidated*.pth", "*.ckpt", "*model_states.pt"];

    /// <summary>Finds the files of a checkpoint that is named by a file, an index or a folder.</summary>
    /// <exception cref="CheckpointException">There is none, it is not clear which is meant, or another program must convert it.</exception>
    public static PyTorchFiles Find(string path)
    {
        try
        {
            return Directory.Exists(path) ? FindInFolder(path)
                : path.EndsWith(IndexExtension, StringComparison.Ordinal) ? FromIndex(path)
                : path.EndsWith(".nemo", StringComparison.Ordinal) ? throw Convert(path, "an archive of NeMo (.nemo)", ExportMegatron)
                : FromSingle(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    private static PyTorchFiles FindInFolder(string folder)
    {
        string single = Path.Combine(folder, Single);
        string index = Path.Combine(folder, SingleIndex);
        if (File.Exists(single))
        {
            return File.Exists(index)
                ? FromSingle(single, Oddity.Of(folder, $"both '{Single}' and '{SingleIndex}' are there; the single file is read"))
                : FromSingle(single);
        }

        string[] indexes = File.Exists(index) ? [index] : Files(folder, "*" + IndexExtension);
        if (indexes.Length == 1)
        {
            return FromIndex(indexes[0]);
        }

        string[] weights = [.. _weights.SelectMany(pattern => Files(folder, pattern)).Distinct().Order(StringComparer.Ordinal)];
        if (weights.Length == 1)
        {
            return FromSingle(weights[0]);
        }

        throw indexes.Length > 1 ? Ambiguous(folder, indexes, $"none is called '{SingleIndex}'")
            : weights.Length > 1 ? Several(folder, weights)
            : OthersIn(folder) ?? CheckpointException.Unreadable(folder, $"there is no '{Single}' and no '{SingleIndex}'");
    }

    private static PyTorchFiles FromSingle(string path, params IReadOnlyList<Problem> warnings) =>
        new(Path.GetDirectoryName(path) ?? "", [path], null, warnings);

    private static PyTorchFiles FromIndex(string path)
    {
        ShardIndex index = ShardIndex.Read(path, Extension);
        return new PyTorchFiles(Path.GetDirectoryName(path)!, index.FindShards(), index, index.Warnings);
    }

    private static string[] Files(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)];

    private static CheckpointException Several(string folder, string[] weights)
    {
        string[] names = [.. weights.Select(path => Path.GetFileName(path))];
        if (names.All(name => name.StartsWith("consolidated.", StringComparison.Ordinal)))
        {
            return Convert(folder, $"Meta's checkpoint in {names.Length} files, each of which has a piece of every tensor",
                "Convert it with transformers: `python convert_llama_weights_to_hf.py --input_dir FOLDER --output_dir OUT`.");
        }

        return names.All(name => name.Contains("zero_pp_rank_", StringComparison.Ordinal))
            ? Zero(folder)
            : Ambiguous(folder, weights, $"there is no '{SingleIndex}'");
    }

    // Folders of training programs that keep the weights deeper, or in pieces.
    private static CheckpointException? OthersIn(string folder) =>
        Path.Exists(Path.Combine(folder, "zero_to_fp32.py")) || Path.Exists(Path.Combine(folder, "latest")) ? Zero(folder)
        : Path.Exists(Path.Combine(folder, "latest_checkpointed_iteration.txt"))
            || Directory.EnumerateDirectories(folder, "mp_rank_*").Any()
            ? Convert(folder, "Megatron's own checkpoint", ExportMegatron)
        : null;

    private static CheckpointException Zero(string folder) => Convert(
        folder, "DeepSpeed's checkpoint, in which each rank has a piece of every tensor",
        "Consolidate it: `python zero_to_fp32.py FOLDER OUT --safe_serialization`, "
            + "or name `mp_rank_00_model_states.pt`, which stages 1 and 2 write whole.");

    private static CheckpointException Convert(string path, string found, string hint) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{path}: {found}, cannot be read", hint));

    private static CheckpointException Ambiguous(string folder, string[] candidates, string reason) =>
        new(new Problem(
            ErrorCodes.CheckpointUnreadable,
            $"{folder}: '{Path.GetFileName(candidates[0])}' and {candidates.Length - 1} more could be meant, and {reason}",
            "Name one of the files, or add the index of the shards."));
}
