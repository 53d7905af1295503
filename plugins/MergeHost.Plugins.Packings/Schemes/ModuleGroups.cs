using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>compressed-tensors' <c>config_groups</c>: how the weights of which modules are packed.</summary>
internal sealed class ModuleGroups
{
    private const string Expression = "re:";

    private static readonly string[] _formats =
    [
        "dense", "float-quantized", "int-quantized", "naive-quantized", "pack-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized",
        "mxfp6-pack-quantized",
        "mxfp8-quantized", "mixed-precision",
    ];

    private readonly List<Target> _targets = [];
    private readonly JsonNode? _first;

    private ModuleGroups(PackingSettings settings)
    {
        foreach (JsonNode? group in (settings.Fields["config_groups"] as JsonObject ?? throw settings.Fail("'config_groups' is missing"))
            .Select(group => group.Value))
        {
            Check(settings, group.Find("format"));
            _first ??= group.Find("weights");
            foreach (string target in group.Find("targets").Items().Select(target => target.AsText()).OfType<string>())
            {
                BoundedPattern? pattern = !target.StartsWith(Expression, StringComparison.Ordinal) ? null : new BoundedPattern(
                    $@"\A(?:{target[Expression.Length..]})",
                    reason => settings.Fail($"the target '{CheckpointException.Printable(target)}' is not read: {reason}"));
                _targets.Add(new Target(target, pattern, group.Find("weights")));
            }
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="CheckpointException">They ask for what is not read.</exception>
    public static ModuleGroups Read(PackingSettings settings)
    {
        Check(settings, settings.Fields["format"]);
        if (settings.Fields["transform_config"] is JsonObject { Count: > 0 } rotation
            && rotation["config_groups"] is not JsonObject { Count: 0 })
        {
            throw settings.Unsupported("'transform_config' says that weights are rotated; they mean nothing beside others");
        }

        string sparsity = settings.Fields["sparsity_config"].Find("format").AsText() ?? "dense";
        return sparsity is "dense" or "sparse-24-bitmask"
            ? new ModuleGroups(settings)
            : throw settings.Unsupported($"compressed-tensors' sparsity '{sparsity}' is not read");
    }

    /// <summary>How the weights of a module are packed: by its name, then by an expression, then by what its class is called.</summary>
    public JsonNode? Of(string module) =>
        (_targets.Find(target => target.Name == module)
            ?? _targets.Find(target => target.Pattern?.Matches(module).Count > 0)
            ?? _targets.Find(target => target.Pattern is null))?.Weights ?? _first;

    private static void Check(PackingSettings settings, JsonNode? format)
    {
        if (format is not null && (format.AsText() is not { } name || !_formats.Contains(name)))
        {
            throw settings.Unsupported($"compressed-tensors' format '{format.AsText() ?? format.Words()}' is not read");
        }
    }

    /// <param name="Name">A module's name, what its class is called, or an expression.</param>
    /// <param name="Pattern">The expression; <see langword="null"/> for a name.</param>
    /// <param name="Weights">How the weights are packed.</param>
    private sealed record Target(string Name, BoundedPattern? Pattern, JsonNode? Weights);
}
