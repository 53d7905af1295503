using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>Finds the model's tensors in what a file holds.</summary>
/// <remarks>
/// Training programs wrap the dict of tensors in others, under one of four names. What is beside it, such as an optimizer's state, is
/// left out; names stay as they are in the dict itself.
/// </remarks>
internal static class StateDict
{
    /// <summary>The keys under which training programs have the model.</summary>
    public static readonly IReadOnlyList<string> Wrappers = ["state_dict", "model_state_dict", "model", "module"];

    /// <summary>The way out for checkpoints of Megatron.</summary>
    public const string ExportMegatron =
        "Export it with Megatron-Bridge: `AutoBridge.from_hf_pretrained(\"HF_MODEL\").export_ckpt(\"FOLDER\", \"OUT\")`.";

    private const int MostLevels = 4;
    private const int MostNames = 8;
    private const string ConsolidateZero =
        "Consolidate them first: `python zero_to_fp32.py FOLDER OUT --safe_serialization`, in DeepSpeed's folder.";

    /// <summary>Finds the tensors by name, and tells what is left out.</summary>
    /// <param name="root">The object that the file holds.</param>
    /// <param name="label">The file, for messages.</param>
    /// <exception cref="CheckpointException">There is no dict of tensors, or more than one; or a name cannot be used.</exception>
    public static (IReadOnlyList<KeyValuePair<string, TorchTensor>> Tensors, IReadOnlyList<Problem> Warnings) Find(
        object? root, string label)
    {
        List<string> beside = [];
        PickleMap map = root as PickleMap ?? throw Nothing(label, $"the file holds {PickleText.Kind(root)}");
        for (int level = 0; ; level++)
        {
            string[] wrappers = [.. Wrappers.Where(key => Holds(map[key], MostLevels - level))];
            if (wrappers.Length > 1)
            {
                throw Nothing(label, $"several dicts could be the model: '{string.Join("', '", wrappers)}'");
            }

            if (wrappers.Length == 0 || level == MostLevels)
            {
                break;
            }

            PickleMap inner = (PickleMap)map[wrappers[0]]!;
            CheckPartition(map, inner, label);
            beside.AddRange(map.Entries.Where(entry => !ReferenceEquals(entry.Value, inner)).Select(entry => PickleText.Quote(entry.Key)));
            map = inner;
        }

        List<KeyValuePair<string, TorchTensor>> tensors = [];
        foreach ((object key, object? value) in map.Entries)
        {
            if (value is TorchTensor tensor)
            {
                tensors.Add(KeyValuePair.Create(Name(key, label), tensor));
            }
            else
            {
                beside.Add(PickleText.Quote(key));
            }
        }

        if (tensors.Count == 0)
        {
            List<string> keys = [.. map.Entries.Select(entry => PickleText.Quote(entry.Key))];
            throw Nothing(label, keys.Count == 0 ? "the dict is empty" : $"the dict holds {Some(keys)}");
        }

        return beside.Count == 0 ? (tensors, []) : (tensors, [Oddity.Of(
            label, Invariant($"{beside.Count:N0} values that are not the model's tensors are left out: {Some(beside)}"))]);
    }

    private static bool Holds(object? value, int levels) =>
        levels > 0 && value is PickleMap map
        && (map.Entries.Any(entry => entry.Value is TorchTensor) || Wrappers.Any(key => Holds(map[key], levels - 1)));

    // ZeRO stage 3 leaves an empty tensor under each name; the true shapes are in another dict.
    private static void CheckPartition(PickleMap outer, PickleMap map, string label)
    {
        IEnumerable<PickleMap> groups = outer["param_shapes"] switch
        {
            PickleList list => list.Items.OfType<PickleMap>(),
            PickleMap one => [one],
            _ => [],
        };
        foreach ((object key, object? shape) in groups.SelectMany(group => group.Entries))
        {
            if (map[key] is TorchTensor { Sizes: [0] } && shape is PickleTuple { Items: not [0L] })
            {
                throw new CheckpointException(new Problem(
                    ErrorCodes.ContentUnsupported,
                    $"{label}: the tensors are empty: DeepSpeed's ZeRO-3 keeps a piece of each in the files of all ranks",
                    ConsolidateZero));
            }
        }
    }

    private static string Name(object key, string label)
    {
        if (key is not string name)
        {
            throw CheckpointException.BadTensor(label, PickleText.Kind(key is NoneKey ? null : key), "a tensor's name is not a text");
        }

        return TensorName.Refusal(name) is { } refusal ? throw CheckpointException.BadTensor(label, name, refusal) : name;
    }

    private static string Some(List<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? Invariant($" and {names.Count - MostNames:N0} more") : "");

    private static CheckpointException Nothing(string label, string found) => new(new Problem(ErrorCodes.ContentUnsupported,
        $"{label}: expected one dict of tensors, directly or as '{string.Join("', '", Wrappers)}'; {found}",
        "Name the file that holds the weights, or save the dict that is meant."));
}
