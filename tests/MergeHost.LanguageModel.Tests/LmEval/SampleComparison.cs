using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Benchmarks;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>Compares what was found with what lm-evaluation-harness found, within the cases' tolerances.</summary>
internal static class SampleComparison
{
    private const double Sum = 2e-4;
    private const double Whole = 5e-3;

    /// <summary>Compares an item: prompts and texts exactly, sums within their tolerance.</summary>
    public static void Compare(JsonElement expected, JsonObject found)
    {
        Assert.Equal(expected.GetProperty("filter").GetString(), (string?)found["filter"]);
        Assert.Equal(Requests(expected), found["arguments"]!.AsObject().Select(request => Request(request.Value!.AsObject())));
        Assert.Equal(expected.GetProperty("target").GetString(), (string?)found["target"]);
        foreach (string hash in (string[])["prompt_hash", "target_hash", "doc_hash"])
        {
            Assert.Equal(expected.GetProperty(hash).GetString(), (string?)found[hash]);
        }

        if (expected.TryGetProperty("loglikelihoods", out JsonElement sums))
        {
            Assert.All(sums.EnumerateArray().Zip(found["resps"]!.AsArray()), pair =>
            {
                Assert.Equal(pair.First[0].GetDouble(), Number(pair.Second![0]![0]), Sum);
                Assert.Equal(pair.First[1].GetBoolean() ? "True" : "False", (string?)pair.Second[0]![1]);
            });
        }
        else if (expected.TryGetProperty("loglikelihood", out JsonElement sum))
        {
            Assert.Equal(sum.GetDouble(), Number(found["resps"]![0]![0]), Whole);
        }
        else
        {
            Assert.Equal(expected.GetProperty("texts").EnumerateArray().Select(text => text.GetString()),
                found["resps"]![0]!.AsArray().Select(text => (string?)text));
            Assert.Equal(JsonNode.Parse(expected.GetProperty("filtered").GetRawText())!.ToJsonString(),
                found["filtered_resps"]!.ToJsonString());
        }

        foreach (JsonProperty metric in expected.GetProperty("metrics").EnumerateObject())
        {
            CompareValues(metric.Value, found[metric.Name], metric.Name);
        }
    }

    /// <summary>Compares the metrics of tasks and groups, and their errors.</summary>
    public static void CompareResults(JsonElement expected, BenchmarkResult found)
    {
        foreach (JsonProperty task in expected.EnumerateObject())
        {
            foreach (JsonProperty value in task.Value.EnumerateObject()
                .Where(value => value.Name.Contains(',', StringComparison.Ordinal)
                    && !value.Name.Contains("_stderr,", StringComparison.Ordinal)))
            {
                string[] parts = value.Name.Split(',', 2);
                string metric = parts[1] == "none" ? parts[0] : value.Name;
                TaskResult result = Assert.Single(found.Tasks, result => result.Task == task.Name && result.Metric == metric);
                double tolerance = metric is "perplexity" or "word_perplexity" or "byte_perplexity"
                    ? 1e-4
                    : metric is "brier_score" or "bits_per_byte" ? 1e-5 : 1e-9;
                Near(value.Value.GetDouble(), result.Value, tolerance, $"{task.Name} {metric}");
                JsonElement error = task.Value.GetProperty($"{parts[0]}_stderr,{parts[1]}");
                if (error.ValueKind == JsonValueKind.String)
                {
                    Assert.Null(result.StandardError);
                }
                else
                {
                    Near(error.GetDouble(), result.StandardError!.Value, metric == "perplexity" ? 1e-3 : 1e-6,
                        $"{task.Name} {metric} error");
                }
            }

            Assert.Equal(
                task.Value.EnumerateObject()
                    .Count(value => value.Name.Contains(',', StringComparison.Ordinal)
                        && !value.Name.Contains("_stderr,", StringComparison.Ordinal)),
                found.Tasks.Count(result => result.Task == task.Name));
        }
    }

    private static void Near(double expected, double found, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - found) <= tolerance * Math.Max(1, Math.Abs(expected)),
            string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected}, found {found}"));

    private static double Number(JsonNode? node) => double.Parse((string)node!, CultureInfo.InvariantCulture);

    private static string[] Requests(JsonElement sample) =>
        sample.TryGetProperty("pairs", out JsonElement pairs) ? [.. pairs.EnumerateArray().Select(pair => $"{pair[0]} → {pair[1]}")]
        : sample.TryGetProperty("string", out JsonElement text) ? [text.GetString()!]
        : sample.TryGetProperty("continuations", out JsonElement continuations)
            ? [.. continuations.EnumerateArray().Select(continuation => $"{sample.GetProperty("context")} → {continuation}")]
        : [$"{sample.GetProperty("context")} → {JsonNode.Parse(sample.GetProperty("gen_kwargs").GetRawText())!.ToJsonString()}"];

    private static string Request(JsonObject request) =>
        !request.TryGetPropertyValue("arg_1", out JsonNode? second) ? (string)request["arg_0"]!
            : $"{request["arg_0"]} → {(second is JsonValue ? (string)second! : second!.ToJsonString())}";

    private static void CompareValues(JsonElement expected, JsonNode? found, string metric)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Number:
                Assert.True(Math.Abs(expected.GetDouble() - (double)found!) <= (metric.Contains("perplexity", StringComparison.Ordinal)
                    || metric == "bits_per_byte" ? Whole : 1e-9), $"{metric}: {expected} {found}");
                break;
            case JsonValueKind.Array:
                Assert.All(expected.EnumerateArray().Zip(found!.AsArray()), pair => CompareValues(pair.First, pair.Second, metric));
                break;
            case JsonValueKind.String when metric == "brier_score":
                Assert.All(Numbers(expected.GetString()!).Zip(Numbers((string)found!)),
                    pair => Assert.Equal(pair.First, pair.Second, 1e-5));
                break;
            default:
                Assert.Equal(expected.ValueKind == JsonValueKind.Null ? null : expected.GetString(), (string?)found);
                break;
        }
    }

    private static double[] Numbers(string list) =>
        [.. list.Trim('[', ']').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
