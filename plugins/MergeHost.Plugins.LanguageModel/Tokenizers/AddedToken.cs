using System.Text.Json.Nodes;

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
        string content = token["content"]!.GetValue<string>();
        foreach (string setting in new[] { "lstrip", "rstrip", "single_word" })
        {
            if (token[setting]?.GetValue<bool>() == true)
            {
                throw TokenizerException.Unsupported("tokenizer.json", $"'{setting}' of added token '{content}'", "false");
            }
        }

        return new AddedToken(content, token["id"]!.GetValue<int>(), token["special"]?.GetValue<bool>() == true);
    }
}
