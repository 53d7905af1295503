using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Steps of a <c>tokenizer.json</c>, which may stand in sequences within sequences.</summary>
public static class TokenizerSteps
{
    private static readonly string[] _lists = ["normalizers", "pretokenizers", "processors"];

    /// <summary>The steps of a normalizer, a pre-tokenizer or a post-processor one by one, in order; none of nothing.</summary>
    public static IReadOnlyList<JsonNode> Of(JsonNode? node) => node is null ? []
        : _lists.Select(list => node.Find(list)).OfType<JsonArray>().FirstOrDefault() is { } several ? [.. several.SelectMany(Of)]
        : [node];
}
