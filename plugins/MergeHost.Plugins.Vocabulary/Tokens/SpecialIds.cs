using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>The ids of BOS, EOS and padding that configurations name: those of the tokenizer's
/// owner; a token that is left out has none.</summary>
internal static class SpecialIds
{
    private const string ConfigFile = "config.json";
    private const string GenerationFile = "generation_config.json";

    private static readonly string[] _keys = ["bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>What changes in the output's <c>config.json</c>.</summary>
    /// <param name="vocabulary">The tokens of the output.</param>
    /// <param name="owner">The configuration of the tokenizer's owner, if it has one.</param>
    /// <param name="donor">The files of the model whose configuration the output gets.</param>
    /// <param name="rows">How many rows the output's embedding has.</param>
    public static JsonObject Config(OutputVocabulary vocabulary, JsonObject? owner, IReadOnlyList<CompanionFile> donor, int rows)
    {
        JsonObject config = new() { ["vocab_size"] = rows };
        if (owner is not null)
        {
            JsonObject text = TextOf(owner);
            JsonObject? own = ModelTokens.ReadJson(vocabulary.Owner.Name, donor, ConfigFile) is { } read ? TextOf(read) : null;
            foreach (string key in _keys.Where(key => text.ContainsKey(key) || own?.ContainsKey(key) == true))
            {
                config[key] = Moved(text[key], vocabulary);
            }
        }

        return config;
    }

    /// <summary>The output's <c>generation_config.json</c>: the owner's, or else the donor's with the
    /// owner's ids; none if neither has one.</summary>
    public static IEnumerable<CompanionFile> Generation(OutputVocabulary vocabulary, IReadOnlyList<CompanionFile> donor)
    {
        ModelTokens owner = vocabulary.Owner;
        JsonObject? own = ModelTokens.ReadJson(owner.Name, owner.Companions, GenerationFile);
        if ((own ?? ModelTokens.ReadJson(owner.Name, donor, GenerationFile)) is not { } settings)
        {
            return [];
        }

        JsonObject? ids = own ?? (ModelTokens.ReadJson(owner.Name, owner.Companions, ConfigFile) is { } config ? TextOf(config) : null);
        foreach (string key in _keys.Where(key => settings.ContainsKey(key) || ids?.ContainsKey(key) == true))
        {
            settings[key] = Moved((ids ?? settings)[key], vocabulary);
        }

        return [CompanionFile.FromBytes(GenerationFile, PythonJson.Indented(settings))];
    }

    private static JsonObject TextOf(JsonObject config) => config["text_config"] as JsonObject ?? config;

    // The owner's tokens keep their ids; only those without a row have none any more.
    private static JsonNode? Moved(JsonNode? ids, OutputVocabulary vocabulary) => ids is JsonArray several
        ? new JsonArray([.. several.Where(id => IsThere(id, vocabulary)).Select(id => id?.DeepClone())])
        : IsThere(ids, vocabulary) ? ids!.DeepClone() : null;

    private static bool IsThere(JsonNode? id, OutputVocabulary vocabulary) =>
        id.AsInt() is { } number && number >= 0 && number < vocabulary.Count;
}
