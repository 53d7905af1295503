using System.Text.Json.Nodes;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>Steps of a <c>tokenizer.json</c>, which may stand in sequences within sequences.</summary>
internal static class StepsOfTokenizer
{
    /// <summary>The steps one by one, in order.</summary>
    /// <param name="node">A step, a list of steps, a sequence, or nothing.</param>
    /// <param name="list">The field in which a sequence has its steps.</param>
    public static IEnumerable<JsonObject> Of(JsonNode? node, string list) => node switch
    {
        JsonArray steps => steps.SelectMany(inner => Of(inner, list)),
        JsonObject step when step[list] is JsonArray steps => Of(steps, list),
        JsonObject step => [step],
        _ => [],
    };
}
