using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Tokenizers;

/// <summary>A text that is a token of its own wherever it stands.</summary>
/// <param name="Content">The text.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsControl">Whether it is no part of a text, but steers the model.</param>
internal sealed record AddedToken(string Content, int Id, bool IsControl)
{
    /// <summary>Reads the <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="MergeHostException">MH6004: a token takes part of its surroundings with it.</exception>
    public static IReadOnlyList<AddedToken> ReadAll(JsonObject json) =>
        json["added_tokens"] is JsonArray tokens ? [.. tokens.OfType<JsonObject>().Select(Read)] : [];

    private static AddedToken Read(JsonObject token)
    {
        if (token["content"].AsText() is not { Length: > 0 } content || token["id"].AsInt() is not { } id)
        {
            throw TokenizerException.Broken("tokenizer.json", $"an added token is {token.Words()}; it must have 'content', a text, and 'id', a whole number");
        }

        foreach (string setting in new[] { "lstrip", "rstrip", "single_word" })
        {
            if (token[setting].AsTruth() == true)
            {
                throw TokenizerException.Unsupported("tokenizer.json", $"'{setting}' of added token '{content}'", "false");
            }
        }

        return new AddedToken(content, id, token["special"].AsTruth() == true);
    }
}
