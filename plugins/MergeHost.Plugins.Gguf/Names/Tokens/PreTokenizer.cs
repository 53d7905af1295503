using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>How text is cut before bytes are paired: a name to llama.cpp, steps to Hugging Face. All
/// that are known stand in one data file.</summary>
internal sealed record PreTokenizer
{
    // What else a step says does not change where text is cut.
    private static readonly (string Name, JsonNode? Default)[] _meaningful =
        [("type", null), ("pattern", null), ("behavior", null), ("invert", false), ("add_prefix_space", null), ("use_regex", true),
            ("individual_digits", null)];

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static readonly Lazy<PreTokenizer[]> _all = new(() =>
        JsonSerializer.Deserialize<PreTokenizer[]>(Assembly.GetExecutingAssembly().GetManifestResourceStream("pre_tokenizers.json")!,
            _json)!);

    /// <summary>The names of llama.cpp; the first is written.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The steps, as <c>tokenizer.json</c> has them.</summary>
    public required JsonArray Steps { get; init; }

    /// <summary>Whether a token of the vocabulary is taken whole, whatever pairs would make of it.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>Whether text begins with a token of its own where a file does not say.</summary>
    public bool AddsBos { get; init; }

    /// <summary>Whether characters are composed first (NFC) where a file does not say.</summary>
    public bool Composes { get; init; }

    /// <summary>That of a name of llama.cpp, or <see langword="null"/>.</summary>
    public static PreTokenizer? Find(string? name) => Array.Find(_all.Value, known => known.Names.Contains(name));

    /// <summary>That of a <c>tokenizer.json</c>, or <see langword="null"/>.</summary>
    public static PreTokenizer? Find(JsonObject tokenizer)
    {
        JsonArray steps = Meaning(tokenizer["pre_tokenizer"]);
        bool ignoresMerges = tokenizer["model"].Find("ignore_merges").AsTruth() == true;
        return Array.Find(_all.Value, known => known.IgnoresMerges == ignoresMerges && JsonNode.DeepEquals(Meaning(known.Steps), steps));
    }

    private static JsonArray Meaning(JsonNode? steps) => new([.. StepsOfTokenizer.Of(steps, "pretokenizers").Select(Meaning)]);

    private static JsonObject Meaning(JsonObject step) =>
        new(_meaningful.Select(field => KeyValuePair.Create(field.Name, (step[field.Name] ?? field.Default)?.DeepClone()))
            .Where(field => field.Value is not null));
}
