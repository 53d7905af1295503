using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>compressed-tensors' <c>config_groups</c>: how the weights of which modules are packed.</summary>
internal sealed class ModuleGroups
{
    private const string Expression = "re:";

    private static readonly string[] _formats =
    [
        "dense", "float-quantized", "int-quantized", "naive-quantized", "pack-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp6-pack-quantized",
        "mxfp8-quantized", "mixed-precision",
    ];

    private readonly List<(string Target, JsonNode? Weights)> _targets = [];
    private readonly JsonNode? _first;

    private ModuleGroups(PackingSettings settings)
    {
        foreach (JsonNode? group in (settings.Fields["config_groups"] as JsonObject ?? throw settings.Fail("'config_groups' is missing")).Select(group => group.Value))
        {
            Check(settings, group.Find("format"));
            _first ??= group.Find("weights");
            foreach (string target in group.Find("targets").Items().Select(target => target.AsText()).OfType<string>())
            {
                CheckTarget(settings, target);
                _targets.Add((target, group.Find("weights")));
            }
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="CheckpointException">They ask for what is not read.</exception>
    public static ModuleGroups Read(PackingSettings settings)
    {
        Check(settings, settings.Fields["format"]);
        if (settings.Fields["transform_config"] is JsonObject { Count: > 0 } rotation && rotation["config_groups"] is not JsonObject { Count: 0 })
        {
            throw settings.Unsupported("'transform_config' says that weights are rotated; they mean nothing beside others");
        }

        string sparsity = settings.Fields["sparsity_config"].Find("format").AsText() ?? "dense";
        return sparsity is "dense" or "sparse-24-bitmask" ? new ModuleGroups(settings) : throw settings.Unsupported($"compressed-tensors' sparsity '{sparsity}' is not read");
    }

    /// <summary>How the weights of a module are packed: by its name, then by an expression, then by what its class is called.</summary>
    public JsonNode? Of(string module) =>
        (Find(target => target == module)
            ?? Find(target => target.StartsWith(Expression, StringComparison.Ordinal) && Regex.IsMatch(module, Pattern(target), Options))
            ?? Find(target => !target.StartsWith(Expression, StringComparison.Ordinal)))?.Weights ?? _first;

    private static RegexOptions Options => RegexOptions.CultureInvariant | RegexOptions.NonBacktracking;

    private static string Pattern(string target) => $@"\A(?:{target[Expression.Length..]})";

    private (string Target, JsonNode? Weights)? Find(Predicate<string> fits) =>
        _targets.Where(target => fits(target.Target)).Select(target => ((string, JsonNode?)?)target).FirstOrDefault();

    private static void CheckTarget(PackingSettings settings, string target)
    {
        try
        {
            if (target.StartsWith(Expression, StringComparison.Ordinal))
            {
                Regex.IsMatch("", Pattern(target), Options);
            }
        }
        catch (Exception exception) when (exception is RegexParseException or NotSupportedException)
        {
            throw settings.Fail($"the target '{CheckpointException.Printable(target)}' is not read: {exception.Message.TrimEnd('.')}");
        }
    }

    private static void Check(PackingSettings settings, JsonNode? format)
    {
        if (format is not null && (format.AsText() is not { } name || !_formats.Contains(name)))
        {
            throw settings.Unsupported($"compressed-tensors' format '{format.AsText() ?? format.Words()}' is not read");
        }
    }
}
