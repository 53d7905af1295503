using System.Text.Json.Nodes;
using MergeHost.Plugins.Vocabulary.Tokens;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>Tokens in one spelling, so that those of two tokenizers can be matched: beginnings of words, and
/// special tokens by what they are for.</summary>
internal static class SharedTokens
{
    /// <summary>The tokens of a model by their spelling.</summary>
    /// <param name="tokens">The model's tokens.</param>
    /// <param name="rows">How many rows its tensor has; tokens behind have none.</param>
    public static Dictionary<TokenSpelling, int> Of(ModelTokens tokens, long rows)
    {
        JsonObject? settings = ModelTokens.ReadJson(tokens.Name, tokens.Companions, "tokenizer_config.json");
        Dictionary<string, string> roles = [];
        foreach (string role in TokenRoles.All)
        {
            if (TokenRoles.TextOf(settings, role) is { } named)
            {
                roles.TryAdd(named, role);
            }
        }

        char mark = tokens.Kind == "byte-level BPE" ? 'Ġ' : '▁';
        Dictionary<TokenSpelling, int> found = [];
        foreach ((string text, int id) in tokens.Ids.Where(token => token.Value < rows).OrderBy(token => token.Value))
        {
            TokenSpelling spelling = text.StartsWith(mark) ? new TokenSpelling(TokenPlace.Word, text[1..])
                : roles.TryGetValue(text, out string? role) ? new TokenSpelling(TokenPlace.Special, role)
                : new TokenSpelling(TokenPlace.Anywhere, text);
            found[spelling] = id;
        }

        return found;
    }

    /// <summary>For tokens that a model lacks the longest of its tokens that they begin with, but for special
    /// ones; white space alone is no beginning.</summary>
    /// <param name="here">The model's tokens.</param>
    /// <param name="there">The donor's tokens.</param>
    public static IEnumerable<SharedRow> Beginnings(Dictionary<TokenSpelling, int> here, Dictionary<TokenSpelling, int> there)
    {
        foreach ((TokenSpelling token,
            int id) in there.Where(token => token.Key.Place != TokenPlace.Special && !here.ContainsKey(token.Key)))
        {
            for (int length = token.Text.Length - 1; length > 0 && !string.IsNullOrWhiteSpace(token.Text[..length]); length--)
            {
                if (here.TryGetValue(token with { Text = token.Text[..length] }, out int row))
                {
                    yield return new SharedRow(row, id);
                    break;
                }
            }
        }
    }
}

/// <summary>What a token is, whichever tokenizer spells it.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Text">Its text, or for special tokens what it is for.</param>
internal readonly record struct TokenSpelling(TokenPlace Place, string Text)
{
    /// <summary>The text that it stands for.</summary>
    public string Written => Place == TokenPlace.Word ? " " + Text : Text;
}

/// <summary>Where a token stands.</summary>
internal enum TokenPlace
{
    /// <summary>Anywhere.</summary>
    Anywhere,

    /// <summary>At the beginning of a word, after a space.</summary>
    Word,

    /// <summary>Around texts.</summary>
    Special,
}
