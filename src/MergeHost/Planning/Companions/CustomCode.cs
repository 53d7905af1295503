using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Planning.Companions;

/// <summary>Code of a model's own, which <c>auto_map</c> names: it is never copied and never run, and always said.</summary>
internal static class CustomCode
{
    private static readonly string[] _files = ["config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json"];

    /// <summary>What is to be said of the code that files of the output name.</summary>
    /// <param name="donor">The model that gives the configuration.</param>
    /// <param name="tokenizer">The model that gives the tokenizer.</param>
    public static IEnumerable<Problem> Warnings(InputModel donor, InputModel tokenizer)
    {
        foreach (InputModel model in new[] { donor, tokenizer }.Distinct())
        {
            string[] named = [.. _files.Where(file => model == (file == "tokenizer_config.json" ? tokenizer : donor))
                .SelectMany(file => Names(model, file)).Distinct().Order(StringComparer.Ordinal)];
            string[] own = [.. named.Where(name => !name.Contains("--", StringComparison.Ordinal))
                .Select(name => $"{name.Split('.')[0]}.py").Distinct()];
            string[] foreign = [.. named.Where(name => name.Contains("--", StringComparison.Ordinal)).Select(name => name.Split("--")[0])
                .Distinct()];
            if (own.Length > 0)
            {
                yield return new Problem(ErrorCodes.CheckpointOddity,
                    $"'{model.Name}' needs code of its own, which is not copied: auto_map names {string.Join(", ", own)}",
                    $"Read the code, and copy {string.Join(", ", own)} from '{model.Path}' to the output.", null, Severity.Warning);
            }

            if (foreign.Length > 0)
            {
                yield return new Problem(ErrorCodes.CheckpointOddity,
                    $"'{model.Name}' needs code of {string.Join(", ", foreign)}: auto_map names it, and programs that trust it load it "
                        + "from there",
                    null, null, Severity.Warning);
            }
        }
    }

    // Values are names of classes, lists of a slow and a fast one, or for tokenizers of several kinds mappings of these.
    private static IEnumerable<string> Names(InputModel model, string file) => Texts(model.ReadJson(file).Find("auto_map"));

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject several => several.SelectMany(entry => Texts(entry.Value)),
        JsonArray several => several.SelectMany(Texts),
        _ => node.AsText() is { Length: > 0 } text ? [text] : [],
    };
}
