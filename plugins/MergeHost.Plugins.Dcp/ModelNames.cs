using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Dcp;

/// <summary>Tells the model's tensors from an optimizer's, and gives them the model's own names.</summary>
internal static class ModelNames
{
    private const int MostLevels = 4;

    // One object that wraps all others, in PyTorch's own examples.
    private const string Application = "app";

    // What training programs keep beside the model.
    private static readonly HashSet<string> _others = ["optim", "optimizer", "optimizers", "lr_scheduler", "dataloader", "train_state"];

    // What FSDP, activation checkpointing and torch.compile put into names; no model has such parts of its own.
    private static readonly string[] _wrapperParts = ["_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "_orig_mod."];

    /// <summary>Chooses the tensors that are the model's.</summary>
    /// <param name="keys">All tensors, with the path of keys under which the program had each.</param>
    /// <param name="label">The folder, for messages.</param>
    /// <returns>The keys by the tensors' names, and what is left out.</returns>
    /// <exception cref="CheckpointException">There are none, or it is not clear which.</exception>
    public static (IReadOnlyList<(string Name, string Key)> Names, IReadOnlyList<Problem> Warnings) Choose(
        IReadOnlyList<(string Key, string[] Path)> keys, string label)
    {
        List<(string Key, string[] Path)> chosen = [.. keys];
        for (int level = 0; level < MostLevels; level++)
        {
            string[] wrappers =
            [
                .. chosen.Where(tensor => tensor.Path.Length > 1).Select(tensor => tensor.Path[0]).Distinct()
                    .Where(part => StateDict.Wrappers.Contains(part) || (level == 0 && part == Application)),
            ];
            if (wrappers.Length > 1)
            {
                throw Nothing(label, $"several dicts could be the model: '{string.Join("', '", wrappers)}'");
            }

            if (wrappers.Length == 0)
            {
                break;
            }

            chosen =
            [
                .. chosen.Where(tensor => tensor.Path.Length > 1 && tensor.Path[0] == wrappers[0])
                    .Select(tensor => (tensor.Key, tensor.Path[1..])),
            ];
        }

        chosen.RemoveAll(tensor => _others.Contains(tensor.Path[0].Split('.')[0]));
        List<(string Name, string Key)> names = [.. chosen.Select(tensor => (Clean(string.Join('.', tensor.Path)), tensor.Key))];
        Check(names, label);
        int renamed = chosen.Zip(names).Count(pair => string.Join('.', pair.First.Path) != pair.Second.Name);
        List<Problem> warnings = [];
        if (names.Count < keys.Count)
        {
            warnings.Add(Oddity.Of(
                label, Invariant($"{keys.Count - names.Count:N0} tensors that are not the model's, such as an optimizer's, are left out")));
        }

        if (renamed > 0)
        {
            warnings.Add(Oddity.Of(
                label, Invariant($"{renamed:N0} names are read without what wrappers put into them, such as '{_wrapperParts[0]}'")));
        }

        return (names, warnings);
    }

    private static string Clean(string name) =>
        _wrapperParts.Aggregate(name, (rest, part) => rest.Replace(part, "", StringComparison.Ordinal));

    private static void Check(List<(string Name, string Key)> names, string label)
    {
        if (names.Count == 0)
        {
            throw Nothing(label, "there is no tensor of a model");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((string name, _) in names)
        {
            if (TensorName.Refusal(name) is { } refusal)
            {
                throw CheckpointException.BadTensor(label, name, refusal);
            }

            if (!seen.Add(name))
            {
                throw CheckpointException.BadTensor(label, name, "two entries have this name");
            }

            if (name.Contains("self_attention.linear_qkv", StringComparison.Ordinal))
            {
                throw DcpFolder.Megatron(label, "a checkpoint with Megatron's fused and interleaved tensors");
            }
        }
    }

    private static CheckpointException Nothing(string label, string found) =>
        new(new Problem(
            ErrorCodes.ContentUnsupported, $"{label}: expected the tensors of one model; {found}",
            "Save the model alone, or name its dict 'model'."));
}
