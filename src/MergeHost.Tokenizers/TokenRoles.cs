using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>The special tokens that a <c>tokenizer_config.json</c> names by what they are for.</summary>
public static class TokenRoles
{
    /// <summary>What they are for.</summary>
    public static IReadOnlyList<string> All { get; } = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token",
        "mask_token"];

    /// <summary>The text of a role's token, which is written as such, or as a mapping with its settings;
    /// <see langword="null"/> if none is named.</summary>
    public static string? TextOf(JsonObject? settings, string role)
    {
        JsonNode? token = settings.Find(role);
        return (token.Find("content") ?? token).AsText();
    }
}
