using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>The tokens that end a text, as <c>generation_config.json</c> has them, or else <c>config.json</c>.</summary>
internal static class EndTokens
{
    private static readonly string[] _files = ["generation_config.json", "config.json"];

    /// <summary>The ids: one, several or none.</summary>
    public static IReadOnlySet<int> Find(IReadOnlyList<CompanionFile> companions)
    {
        JsonNode? found = _files
            .Select(name => companions.FirstOrDefault(file => file.Name == name)?.ReadJson()["eos_token_id"])
            .FirstOrDefault(node => node is not null);
        IEnumerable<JsonNode?> ids = found is JsonArray several ? several : (JsonNode?[])[found];
        return ids.Select(id => id.AsInt()).OfType<int>().ToHashSet();
    }
}
