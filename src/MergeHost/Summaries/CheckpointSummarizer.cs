using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Reports;

namespace MergeHost.Summaries;

/// <summary>Tells what a checkpoint's headers hold.</summary>
internal static class CheckpointSummarizer
{
    /// <summary>The summary of a model.</summary>
    public static CheckpointSummary Of(InputModel model, IReadOnlyList<Problem> warnings) => new()
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
            .Where(entry => entry.Value is not (null or JsonObject { Count: 0 } or JsonArray { Count: 0 })
                && entry.Value.AsTruth() != false)
            .Select(entry => KeyValuePair.Create(entry.Field, entry.Value.AsText() ?? entry.Value.Words()))
            .Concat(config.Find("r").AsNumber() is > 0 and { } rank && config.Find("lora_alpha").AsNumber() is { } alpha
                ? [KeyValuePair.Create("scale",
                    (alpha / (config.Find("use_rslora").AsTruth() == true ? Math.Sqrt(rank) : rank))
                        .ToString("G6", CultureInfo.InvariantCulture))]
                : []);
    }
}
