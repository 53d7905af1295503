using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Planning;

namespace MergeHost;

/// <summary>What a checkpoint's headers tell.</summary>
public sealed record CheckpointSummary
{
    /// <summary>The file or folder, as it was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>The first of the architectures that config.json names, or <see langword="null"/>.</summary>
    public string? Architecture { get; init; }

    /// <summary>The number of layers of the largest stack.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public required bool TiesEmbeddings { get; init; }

    /// <summary>The tensors as stored.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>The role of each tensor.</summary>
    public required IReadOnlyList<TensorRole> Roles { get; init; }

    /// <summary>What the headers say beside tensors.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>Configuration and tokenizer files.</summary>
    public required IReadOnlyList<string> Companions { get; init; }

    /// <summary>The files that hold the weights.</summary>
    public required IReadOnlyList<string> WeightFiles { get; init; }

    /// <summary>The transforms that were applied, in order, each with its plugin; empty if it is read as it is stored.</summary>
    public IReadOnlyList<string> Transforms { get; init; } = [];

    /// <summary>What is odd about it.</summary>
    public required IReadOnlyList<Problem> Warnings { get; init; }

    /// <summary>How many elements all tensors have.</summary>
    public long ElementCount => Tensors.Sum(tensor => tensor.ElementCount);

    /// <summary>Bytes of all tensors.</summary>
    public long LengthBytes => Tensors.Sum(tensor => tensor.LengthBytes);

    internal static CheckpointSummary Of(InputModel model, IReadOnlyList<Problem> warnings) => new()
    {
        Path = model.Name,
        Architecture = (model.Config?["architectures"] as JsonArray)?.FirstOrDefault()?.ToString(),
        LayerCount = model.Stacks.Count == 0 ? 0 : model.Stacks[0].Numbers.Count,
        TiesEmbeddings = model.TiesEmbeddings,
        Tensors = model.Stored,
        Roles = [.. model.Stored.Select(tensor => TensorRoles.Of(tensor.Name))],
        Metadata = [.. model.Metadata, .. AdapterFields(model)],
        Companions = [.. model.Companions.Select(file => file.Name)],
        WeightFiles = [.. model.WeightFiles],
        Transforms = [.. model.Transforms],
        Warnings = warnings,
    };

    // What an adapter is: set fields of its configuration, first those that tell most.
    private static IEnumerable<KeyValuePair<string, string>> AdapterFields(InputModel model)
    {
        string[] fields =
        [
            "peft_type", "base_model_name_or_path", "r", "lora_alpha", "alpha", "target_modules", "target_parameters", "modules_to_save",
            "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "bias", "task_type",
        ];
        JsonObject? config = model.ReadJson("adapter_config.json");
        return fields.Select(field => (Field: field, Value: config.Find(field)))
            .Where(entry => entry.Value is not (null or JsonObject { Count: 0 } or JsonArray { Count: 0 }) && entry.Value.AsTruth() != false)
            .Select(entry => KeyValuePair.Create(entry.Field, entry.Value.AsText() ?? entry.Value.Words()))
            .Concat(config.Find("r").AsNumber() is > 0 and { } rank && config.Find("lora_alpha").AsNumber() is { } alpha
                ? [KeyValuePair.Create("scale", (alpha / (config.Find("use_rslora").AsTruth() == true ? Math.Sqrt(rank) : rank)).ToString("G6", CultureInfo.InvariantCulture))]
                : []);
    }
}
