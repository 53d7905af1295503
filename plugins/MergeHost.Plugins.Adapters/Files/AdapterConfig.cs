using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary><c>adapter_config.json</c></summary>
/// <param name="name">The adapter, for messages.</param>
/// <param name="json">The file's content.</param>
internal sealed class AdapterConfig(string name, JsonObject json)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "adapter_config.json";

    // Each is tried on every module.
    private readonly Dictionary<string, BoundedPattern> _patterns = [];

    /// <summary>All fields.</summary>
    public JsonObject Json => json;

    /// <summary>The adapter's kind, such as <c>LORA</c>.</summary>
    public string Kind =>
        json.Find("peft_type").AsText()?.ToUpperInvariant()
            ?? throw Wrong("'peft_type' is not set, so that the adapter's kind is not known",
                "Add `\"peft_type\": \"LORA\"` if the adapter is a LoRA.");

    /// <summary>Whether a field is true.</summary>
    public bool Is(string field) => json.Find(field).AsTruth() ?? false;

    /// <summary>Whether a field is set to anything.</summary>
    public bool Has(string field) =>
        json.Find(field) is { } value && value is not JsonArray { Count: 0 } and not JsonObject { Count: 0 } && value.AsTruth() != false;

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">It is no number.</exception>
    public double Number(string field, double otherwise) => json.Find(field) is { } value ? AsNumber(field, value) : otherwise;

    /// <summary>A whole number.</summary>
    public int Whole(string field, int otherwise) =>
        json.Find(field) is { } value ? value.AsInt() ?? throw Wrong($"'{field}' is {value.Words()}; expected a whole number") : otherwise;

    /// <summary>A text, or <see langword="null"/>.</summary>
    public string? Text(string field) => json.Find(field).AsText();

    /// <summary>The texts of a list.</summary>
    public IReadOnlyList<string> Texts(string field) => [.. json.Find(field).Items().Select(item => item.AsText()).OfType<string>()];

    /// <summary>The number that a table of patterns has for a module: that of the first key that matches, as PEFT takes it.</summary>
    /// <param name="field">The table, such as <c>rank_pattern</c>.</param>
    /// <param name="module">The module.</param>
    /// <param name="otherwise">The number where no key matches.</param>
    /// <param name="warnings">Receives a warning where two keys match with different numbers.</param>
    public double Pattern(string field, string module, double otherwise, List<Problem> warnings)
    {
        (string Key, double Number)[] fitting =
        [
            .. (json.Find(field) as JsonObject ?? []).Where(entry => Matches($"^(.*\\.)?({entry.Key})$", module))
                .Select(entry => (entry.Key, AsNumber(field, entry.Value))),
        ];
        if (fitting.Length == 0)
        {
            return otherwise;
        }

        if (fitting.Any(other => other.Number != fitting[0].Number))
        {
            warnings.Add(
                Warning($"'{field}' has {string.Join(" and ", fitting.Select(entry => $"'{entry.Key}'"))} for module '{module}'; the first "
                    + "counts, as in PEFT"));
        }

        return fitting[0].Number;
    }

    /// <summary>Whether a field that selects modules, a list of endings or a regular expression, selects one.</summary>
    public bool Selects(string field, string module) => json.Find(field) switch
    {
        JsonArray items => items.Any(item => item.AsText() is { } ending && IsEnding(module, ending)),
        JsonValue value when value.AsText() is { } pattern => Matches($"^(?:{pattern})$", module),
        _ => false,
    };

    /// <summary>Whether a module is of a layer that <c>layers_to_transform</c> selects, as PEFT tells layers: by the number behind a word
    /// of <c>layers_pattern</c>, or else by the last one.</summary>
    public bool SelectsLayer(string module)
    {
        JsonNode? layers = json.Find("layers_to_transform");
        if (layers is null or JsonArray { Count: 0 })
        {
            return true;
        }

        string[] words = module.Split('.');
        JsonNode? field = json.Find("layers_pattern");
        IReadOnlyList<string> patterns = field.AsText() is { Length: > 0 } only ? [only] : Texts("layers_pattern");
        int? layer = null;
        for (int i = words.Length - 2; i >= 2 && layer is null; i--)
        {
            bool isBehind = patterns.Count == 0 || patterns.Any(pattern => Matches($"^(?:{pattern})$", words[i - 1]));
            layer = isBehind
                && int.TryParse(words[i], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
                    out int number) ? number : null;
        }

        return layer is not null && (layers.AsInt() is { } single ? single == layer : layers.Items().Any(item => item.AsInt() == layer));
    }

    /// <summary>Whether a module's name is, or ends with, a name.</summary>
    public static bool IsEnding(string module, string ending) =>
        module == ending || module.EndsWith("." + ending, StringComparison.Ordinal);

    /// <summary>An error in the file.</summary>
    public CheckpointException Wrong(string reason, string? hint = null) =>
        new(new Problem(ErrorCodes.BadConfig, $"{name}/{FileName}: {reason}", hint));

    /// <summary>A warning about the file.</summary>
    public Problem Warning(string reason, string? hint = null) =>
        new(ErrorCodes.CheckpointOddity, $"{name}/{FileName}: {reason}", hint, Severity: Severity.Warning);

    private bool Matches(string pattern, string module)
    {
        if (!_patterns.TryGetValue(pattern, out BoundedPattern? known))
        {
            _patterns.Add(pattern, known = new BoundedPattern(pattern, reason => Wrong(reason)));
        }

        return known.Matches(module) is [Match { Index: 0 } match, ..] && match.Length == module.Length;
    }

    private double AsNumber(string field, JsonNode? value) => value.AsNumber() is { } number && double.IsFinite(number)
        ? number
        : throw Wrong($"'{field}' holds {value.Words()}; expected a number");
}
