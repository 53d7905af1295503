using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost.LanguageModel.Tests;

/// <summary>What transformers and SentencePiece found for the family; the protocol stands in the file.</summary>
internal static class Oracle
{
    private static readonly JsonNode _json = JsonNode.Parse(System.IO.File.ReadAllText(Fixtures.File("family", "oracle.json")))!;

    public static double Perplexity(string model, string text) => (double)_json["models"]![model]!["texts"]![text]!["perplexity"]!;

    public static double Accuracy(string model, string task, string metric) => (double)_json["models"]![model]!["tasks"]![task]![metric]!;

    /// <summary>What was found for a merge: <c>linear</c>, <c>task_arithmetic</c> or <c>ties</c>.</summary>
    public static JsonNode Merge(string name) => _json["merges"]![name]!;

    /// <summary>Texts with their ids.</summary>
    public static IReadOnlyList<(string Text, int[] Ids)> Lines { get; } =
        [.. _json["tokenizer"]!.AsArray().Select(line => ((string)line!["text"]!, line["ids"].Deserialize<int[]>()!))];
}
