using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>The token that every text begins with, as a <c>tokenizer.json</c> and its <c>tokenizer_config.json</c> have it.</summary>
internal static class BeginToken
{
    /// <summary>The id, or <see langword="null"/> if texts do not begin with one.</summary>
    public static int? Find(JsonObject json, JsonObject? settings, IReadOnlyList<AddedToken> added)
    {
        string? word = settings.Find("add_bos_token").AsTruth() switch
        {
            true => TokenRoles.TextOf(settings, "bos_token"),
            false => null,
            null => TokenizerSteps.Of(json["post_processor"]).Select(FirstOfTemplate).OfType<string>().FirstOrDefault(),
        };
        return word is null ? null : added.FirstOrDefault(token => token.Content == word)?.Id;
    }

    private static string? FirstOfTemplate(JsonNode processor) => processor.Find("single").At(0).Find("SpecialToken").Find("id").AsText();
}
