using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Planning.Companions;

/// <summary>Recognises weights whose numbers mean something only together with those of other tensors, by what the tensors are.</summary>
/// <remarks>
/// A tensor of integers or of floats of at most 8 bits is packed if a companion that can scale it lies beside it, whatever
/// <c>config.json</c> says; without one, if <c>config.json</c> says that weights are quantised.
/// </remarks>
internal static class PackedWeights
{
    // Fields of config.json, at the top or in text_config.
    private static readonly string[] _fields = ["quantization_config", "compression_config", "quantization"];

    // Files that describe packed weights, and nothing else.
    private static readonly string[] _files = ["quantize_config.json", "quant_config.json", "hf_quant_config.json"];

    // What companions are called: by itself, or after the tensor's name or the last part of it.
    private static readonly string[] _companions =
    [
        "scale", "scales", "scale_inv", "scale_2", "global_scale", "zero_point", "zeros", "qzeros", "zero", "absmax", "quant_map",
        "nested_absmax", "SCB",
        "biases", "bitmask", "shape", "shift", "qscale_weight", "weight_format", "compressed", "row_offsets",
    ];

    private const int MostNamed = 8;

    private static readonly string[] _packedEndings = ["_packed", "_blocks", "_data", "_qdata", "qweight", "_q"];

    /// <summary>What tells that a model's weights are packed.</summary>
    /// <param name="model">The model.</param>
    /// <returns>To go after the model's name in a message; <see langword="null"/> if its weights are plain.</returns>
    public static string? Find(InputModel model)
    {
        List<TensorInfo> small = [.. model.Stored.Where(tensor => IsSmall(tensor.DType) && tensor.Shape.Rank >= 2
            && !TensorRoles.IsBuffer(tensor.Name))];
        if (small.Count == 0)
        {
            return null;
        }

        // The companions of a tensor share all but the last part of its name.
        string by = Method(model) is { } method ? $", quantised by {method}" : "";
        ILookup<string, string> byModule = model.Stored.Select(tensor => tensor.Name).ToLookup(ModuleOf);
        List<(TensorInfo Tensor, string Companion)> packed = [];
        foreach (TensorInfo tensor in small.Where(tensor => !_companions.Contains(LastOf(tensor.Name))))
        {
            IEnumerable<string> neighbours = byModule[ModuleOf(tensor.Name)].Concat(byModule[tensor.Name])
                .Concat(byModule[ModuleOf(ModuleOf(tensor.Name))]);
            if (neighbours.FirstOrDefault(name => IsCompanion(name, tensor.Name)) is { } companion)
            {
                packed.Add((tensor, companion));
            }
        }

        return packed.Count > 0
            ? $"stores '{packed[0].Tensor.Name}' as {packed[0].Tensor.DType} with "
                + $"'{packed[0].Companion}'{Others([.. packed.Select(pair => pair.Tensor)])}{by}"
            : by.Length > 0 ? $"stores '{small[0].Name}' as {small[0].DType}{by}"
            : null;
    }

    private static string Others(List<TensorInfo> packed)
    {
        IEnumerable<string> named = packed.Skip(1).Take(MostNamed).Select(tensor => $", '{tensor.Name}'");
        int left = packed.Count - 1 - MostNamed;
        return string.Concat(named) + (left > 0
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" and {left:N0} more")
            : "");
    }

    /// <summary>Whether a companion describes packed weights, so that it has no place beside plain ones.</summary>
    public static bool IsDescription(string file) => _files.Contains(file);

    /// <summary>Takes what a configuration says of quantisation away.</summary>
    /// <returns>The fields that went.</returns>
    public static IReadOnlyList<string> Drop(JsonObject config)
    {
        List<string> dropped = [];
        foreach (JsonObject part in Parts(config))
        {
            dropped.AddRange(_fields.Where(field => part[field] is JsonObject && part.Remove(field)));
        }

        return [.. dropped.Distinct()];
    }

    private static string? Method(InputModel model) => model.Config is not { } config ? null : Parts(config)
        .SelectMany(part => _fields.Select(field => part[field] as JsonObject)).OfType<JsonObject>()
        .Select(settings => settings["quant_method"].AsText() ?? "an unnamed method").FirstOrDefault();

    private static IEnumerable<JsonObject> Parts(JsonObject config) =>
        new[] { config, config["text_config"] as JsonObject }.OfType<JsonObject>();

    // What ids, masks and counters are stored as is too wide or too narrow.
    private static bool IsSmall(DType type) =>
        (type.Kind == DTypeKind.Integer && type != DType.I64 && type != DType.U64)
        || (type.Kind == DTypeKind.Float && type.BlockBytes <= type.BlockElements);

    private static bool IsCompanion(string name, string tensor)
    {
        string last = LastOf(tensor);
        string stem = _packedEndings.FirstOrDefault(ending => last.EndsWith(ending, StringComparison.Ordinal)) is { } packed
            ? last[..^packed.Length]
            : last;
        string other = LastOf(name);
        other = new[] { last, stem }.Where(start => start.Length > 0 && other.StartsWith(start + '_', StringComparison.Ordinal))
            .Select(start => other[(start.Length + 1)..])
                .FirstOrDefault() ?? other.TrimStart('_');
        return name != tensor
            && (_companions.Contains(other)
                || (other.StartsWith("weight_", StringComparison.Ordinal) && _companions.Contains(other["weight_".Length..])));
    }

    private static string LastOf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static string ModuleOf(string name) => name.LastIndexOf('.') is > 0 and { } index ? name[..index] : "";
}
