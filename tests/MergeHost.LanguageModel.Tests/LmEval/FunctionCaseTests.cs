using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Plugins.LanguageModel.Harness.Scores;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>Filters, metrics and draws of lm-evaluation-harness, with what its own functions gave.</summary>
public class FunctionCaseTests
{
    private static readonly PythonMap _none = new([]);

    public static TheoryData<string> Filters => Lines("filters");

    public static TheoryData<string> Metrics => Lines("metrics");

    public static TheoryData<string> Draws => Lines("drawing");

    [Theory]
    [MemberData(nameof(Filters))]
    public void Apply_OfAPipeline_LeavesWhatThePeerLeaves(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        string[] answers = Texts(json.GetProperty("responses"));
        TaskDocument item = new(0,
            json.TryGetProperty("doc", out JsonElement doc)
                ? PythonValue.Fields((JsonObject)Node(doc)!)
                : new Dictionary<string, object?>());
        object? Run() =>
            ResponseFilter.Read("none", (List<object?>)PythonValue.Of(Node(json.GetProperty("filter")))!,
                (reason, _) => new MergeHostException(new Problem(ErrorCodes.BadTaskData, reason), null)).Apply(answers, item);
        if (json.TryGetProperty("error", out _))
        {
            Assert.True(Record.Exception(Run) is FormatException or MergeHostException);
            return;
        }

        Assert.True(PythonOperators.AreEqual(PythonValue.Of(Node(json.GetProperty("filtered"))), Run()), PythonValue.Repr(Run()));
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Of_AMetric_IsThePeersNumber(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        switch (json.GetProperty("metric").GetString())
        {
            case "exact_match":
                ExactMatch match = new((PythonMap)PythonValue.Of(Node(json.GetProperty("options")))!);
                Assert.Equal(json.GetProperty("value").GetDouble(),
                    match.AreEqual(json.GetProperty("prediction").GetString()!, json.GetProperty("reference").GetString()!) ? 1.0 : 0.0);
                break;
            case "translation":
                CompareTranslation(json);
                break;
            case "ter":
                string[] answers = Texts(json.GetProperty("predictions"));
                Check("ter", "ter", json, "ter", null,
                    [.. json.GetProperty("references").EnumerateArray()
                        .Zip(answers, (reference, answer) => new SampleFigure(PythonValue.Of(Node(reference)), answer))], 2);
                break;
            case "binary":
                Check("f1", "f1", json, "f1", "f1_stderr_300", Pairs(json), 300);
                Check("mcc", "matthews_corrcoef", json, "mcc", "mcc_stderr_300", Pairs(json), 300);
                break;
            case "several classes":
                Check("mcc", "matthews_corrcoef", json, "mcc", "mcc_stderr_300", Pairs(json), 300);
                Assert.Throws<FormatException>(() => Figures.Of(new MetricRule("f1", "f1", true, _none), Pairs(json), 300));
                break;
            case "perplexity":
                Check("perplexity", "perplexity", json, "value", "stderr_3000", Numbers(json.GetProperty("values")), 3000);
                break;
            case "weighted":
                SampleFigure[] weighted = [.. json.GetProperty("pairs").EnumerateArray()
                    .Select(pair => new SampleFigure(pair[0].GetDouble(), pair[1].GetInt64()))];
                Check("word_perplexity", "weighted_perplexity", json, "weighted_perplexity", null, weighted, 2);
                Check("bits_per_byte", "bits_per_byte", json, "bits_per_byte", null, weighted, 2);
                break;
            case "brier_score":
                Check("brier_score", "brier_score", json, "value", null,
                    [.. json.GetProperty("gold_and_probabilities").EnumerateArray()
                        .Select(pair => new SampleFigure(pair[0].GetInt64(),
                            ((List<object?>)PythonValue.Of(Node(pair[1]))!)
                                .ConvertAll(share => (object?)PythonValue.AsNumber(share))))], 2);
                break;
            case "mean":
                Check("acc", "mean", json, "mean", "mean_stderr", Numbers(json.GetProperty("values")), 100);
                Near(json.GetProperty("median").GetDouble(),
                    Figures.Of(new MetricRule("acc", "median", true, _none), Numbers(json.GetProperty("values")), 100).Value);
                break;
            default:
                CompareGroup(json);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Draws))]
    public void PythonRandom_OfASeed_DrawsWhatPythonDraws(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        PythonRandom random = new(json.GetProperty("seed").GetInt64());
        if (json.GetProperty("draw").GetString() == "words")
        {
            Assert.Equal(json.GetProperty("random").EnumerateArray().Select(number => number.GetDouble()),
                [random.NextDouble(), random.NextDouble(), random.NextDouble()]);
            Assert.Equal(json.GetProperty("getrandbits32").EnumerateArray().Select(number => number.GetUInt32()),
                [random.NextBits(32), random.NextBits(32), random.NextBits(32)]);
            Assert.Equal(json.GetProperty("getrandbits5").EnumerateArray().Select(number => number.GetUInt32()),
                Enumerable.Range(0, 5).Select(_ => random.NextBits(5)));
            return;
        }

        int total = json.GetProperty("from").GetInt32();
        foreach (JsonElement indices in json.GetProperty("indices").EnumerateArray())
        {
            int[] drawn = new int[indices.GetArrayLength()];
            if (json.GetProperty("draw").GetString() == "sample")
            {
                drawn = random.Sample(total, json.GetProperty("count").GetInt32());
            }
            else
            {
                random.Choose(total, drawn);
            }

            Assert.Equal(indices.EnumerateArray().Select(index => index.GetInt32()), drawn);
        }
    }

    [Theory]
    [InlineData("-")]
    [InlineData("--5")]
    [InlineData("99999999999999999999")]
    public void OfAnswer_ThatIsNoNumber_IsAClassOfItsOwn(string answer) =>
        Assert.Equal(new SampleFigure("1", answer).Other,
            SampleFigures.OfAnswer(new MetricRule("mcc", "matthews_corrcoef", true, _none), new ExactMatch(_none), answer, "1",
                hasSeveralTargets: false).Other);

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());

    private static TheoryData<string> Lines(string name) => [.. FunctionCases.Read(name).Select(line => line.GetRawText())];

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];

    private static SampleFigure[] Numbers(JsonElement list) =>
        [.. list.EnumerateArray().Select(number => new SampleFigure(number.GetDouble()))];

    private static SampleFigure[] Pairs(JsonElement json) =>
        [.. json.GetProperty("gold_and_guess").EnumerateArray().Select(pair => new SampleFigure(pair[0].GetInt64(), pair[1].GetInt64()))];

    private static void Near(double expected, double found) =>
        Assert.True(Math.Abs(expected - found) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"expected {expected}, found {found}");

    private static void Check(string metric, string aggregation, JsonElement json, string value, string? error, SampleFigure[] samples,
        int draws)
    {
        Figure figure = Figures.Of(new MetricRule(metric, aggregation, true, _none), samples, draws);
        Near(json.GetProperty(value).GetDouble(), figure.Value);
        if (error is not null && json.GetProperty(error).ValueKind == JsonValueKind.Number)
        {
            Near(json.GetProperty(error).GetDouble(), figure.Error!.Value);
        }
        else
        {
            Assert.Null(figure.Error);
        }
    }

    private static void CompareTranslation(JsonElement json)
    {
        string[] predictions = Texts(json.GetProperty("predictions"));
        SampleFigure[] samples = [.. json.GetProperty("references").EnumerateArray()
            .Zip(predictions, (reference, prediction) => new SampleFigure(PythonValue.Of(Node(reference)), prediction))];
        foreach (string metric in (string[])["bleu", "chrf", "chrf++", "ter"])
        {
            Check(metric, metric, json, metric, json.TryGetProperty($"{metric}_stderr", out _) ? $"{metric}_stderr" : null, samples,
                100_000);
        }
    }

    private static void CompareGroup(JsonElement json)
    {
        double[] errors = [.. json.GetProperty("errors").EnumerateArray().Select(number => number.GetDouble())];
        int[] sizes = [.. json.GetProperty("sizes").EnumerateArray().Select(number => number.GetInt32())];
        Near(json.GetProperty("pooled").GetDouble(), GroupScores.PooledError(errors, sizes));
        Near(json.GetProperty("unweighted").GetDouble(), GroupScores.MeanError(errors));
    }
}
