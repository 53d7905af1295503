using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>A token that is found in a text before it is cut, with its settings.</summary>
internal sealed record StoredToken(string Content, int Id)
{
    public bool SingleWord { get; init; }

    public bool LStrip { get; init; }

    public bool RStrip { get; init; }

    public bool Normalized { get; init; } = true;

    public bool Special { get; init; }

    /// <summary>Reads a token; <see langword="null"/> if it has no text or no id.</summary>
    public static StoredToken? Read(JsonNode? token, int? id) => token.Find("content").AsText() is { Length: > 0 } content && id is >= 0
        ? new StoredToken(content, id.Value)
        {
            SingleWord = token.Find("single_word").AsTruth() == true,
            LStrip = token.Find("lstrip").AsTruth() == true,
            RStrip = token.Find("rstrip").AsTruth() == true,
            Normalized = token.Find("normalized").AsTruth() ?? token.Find("special").AsTruth() != true,
            Special = token.Find("special").AsTruth() == true,
        }
        : null;

    /// <summary>The tokens of a <c>tokenizer.json</c>.</summary>
    public static IEnumerable<StoredToken> OfTokenizer(JsonObject? json) =>
        json.Find("added_tokens").Items().Select(token => Read(token, token.Find("id").AsInt())).OfType<StoredToken>();

    /// <summary>The tokens that stand beside: in the decoder of <c>tokenizer_config.json</c>, or
    /// without one in <c>added_tokens.json</c>.</summary>
    public static IEnumerable<StoredToken> Beside(JsonObject? settings, JsonObject? list)
    {
        if (settings.Find("added_tokens_decoder") is JsonObject { Count: > 0 } decoder)
        {
            return decoder.Select(entry => Read(entry.Value, int.TryParse(entry.Key, CultureInfo.InvariantCulture, out int id) ? id : null))
                .OfType<StoredToken>().OrderBy(token => token.Id);
        }

        HashSet<string> named = [.. Named(settings).Values];
        return (list ?? []).Where(entry => entry.Key.Length > 0 && entry.Value.AsInt() is >= 0)
            .Select(entry => new StoredToken(entry.Key, entry.Value.AsInt()!.Value)
            {
                Normalized = !named.Contains(entry.Key),
                Special = named.Contains(entry.Key)
            })
            .OrderBy(token => token.Id);
    }

    /// <summary>The special tokens that settings name, by role such as <c>eos_token</c>.</summary>
    public static Dictionary<string, string> Named(JsonObject? settings) => (settings ?? [])
        .Where(entry => entry.Key.EndsWith("_token", StringComparison.Ordinal))
        .Select(entry => (entry.Key, Text: TokenRoles.TextOf(settings, entry.Key)))
        .Where(entry => entry.Text is not null).ToDictionary(entry => entry.Key, entry => entry.Text!);

    /// <summary>The token as <c>tokenizer.json</c> has it.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = ToDecoder();
        json.Insert(0, "id", Id);
        return json;
    }

    /// <summary>The token as <c>tokenizer_config.json</c> has it, which names the id before.</summary>
    public JsonObject ToDecoder() => new()
    {
        ["content"] = Content,
        ["single_word"] = SingleWord,
        ["lstrip"] = LStrip,
        ["rstrip"] = RStrip,
        ["normalized"] = Normalized,
        ["special"] = Special,
    };
}
