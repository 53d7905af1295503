using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>A text that is a token of its own wherever it is found.</summary>
/// <param name="Content">The text.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsControl">Whether it is no part of a text, but steers the model.</param>
internal sealed record AddedToken(string Content, int Id, bool IsControl)
{
    /// <summary>Whether it is looked for in the text as the normalizer leaves it.</summary>
    public bool IsNormalized { get; init; }

    /// <summary>Whether white space before it belongs to it.</summary>
    public bool TakesSpaceBefore { get; init; }

    /// <summary>Whether white space after it belongs to it.</summary>
    public bool TakesSpaceAfter { get; init; }

    /// <summary>Whether it counts only where no letter or digit touches it.</summary>
    public bool IsWord { get; init; }

    /// <summary>Reads the added tokens of a tokenizer's files: those of <c>tokenizer.json</c>, then the decoder of
    /// <c>tokenizer_config.json</c> or else <c>added_tokens.json</c>, and the special tokens.</summary>
    /// <param name="json"><c>tokenizer.json</c>, if it is there.</param>
    /// <param name="added"><c>added_tokens.json</c>, if it is there.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there.</param>
    /// <param name="vocabulary">The ids of the vocabulary, for special tokens that are told by their text alone.</param>
    /// <returns>At most one for each text; the first file that has it decides.</returns>
    /// <exception cref="MergeHostException">MH2013: a token has no text or no id.</exception>
    public static IReadOnlyList<AddedToken> ReadAll(JsonObject? json, JsonObject? added, JsonObject? settings,
        IReadOnlyDictionary<string, int> vocabulary)
    {
        Dictionary<string, AddedToken> tokens = [];
        IEnumerable<AddedToken> listed = (json.Find("added_tokens") as JsonArray ?? [])
            .Select(token => Read("tokenizer.json", token, token.Find("id").AsInt()));
        IEnumerable<AddedToken> decoder = (settings.Find("added_tokens_decoder") as JsonObject ?? [])
            .Select(entry => Read("tokenizer_config.json", entry.Value,
                int.TryParse(entry.Key, CultureInfo.InvariantCulture, out int id) ? id : null));
        IEnumerable<AddedToken> old = (added ?? [])
            .Select(entry => new AddedToken(entry.Key, entry.Value.AsInt() ?? throw Broken("added_tokens.json", entry.Value),
                IsControl: false)
            { IsNormalized = true });
        foreach (AddedToken token in listed.Concat(settings.Find("added_tokens_decoder") is null ? old : decoder))
        {
            tokens.TryAdd(token.Content, token);
        }

        foreach (string content in TokenRoles.All.Select(role => TokenRoles.TextOf(settings, role)).OfType<string>())
        {
            if (tokens.TryGetValue(content, out AddedToken? known))
            {
                tokens[content] = known with { IsControl = true };
            }
            else if (vocabulary.TryGetValue(content, out int id))
            {
                tokens.Add(content, new AddedToken(content, id, IsControl: true));
            }
        }

        return [.. tokens.Values];
    }

    private static AddedToken Read(string file, JsonNode? token, int? place) =>
        token.Find("content").AsText() is { Length: > 0 } content && place is { } id
            ? new AddedToken(content, id, token.Find("special").AsTruth() == true)
            {
                IsNormalized = token.Find("normalized").AsTruth() ?? token.Find("special").AsTruth() != true,
                TakesSpaceBefore = token.Find("lstrip").AsTruth() == true,
                TakesSpaceAfter = token.Find("rstrip").AsTruth() == true,
                IsWord = token.Find("single_word").AsTruth() == true,
            }
            : throw Broken(file, token);

    private static MergeHostException Broken(string file, JsonNode? token) =>
        TokenizerException.Broken(file, $"an added token is {token.Words()}; it must have a text and an id, a whole number");
}
