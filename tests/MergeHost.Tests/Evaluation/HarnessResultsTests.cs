using MergeHost.Benchmarks;
using MergeHost.Evaluation.Measuring;
using MergeHost.Testing;

namespace MergeHost.Tests.Evaluation;

public sealed class HarnessResultsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_OfAResultsFile_TakesMetricsWithIntervalsAndCounts()
    {
        IReadOnlyList<TaskResult> results = Read("""
            {
              "results": {
                "arc_easy": {"alias": "arc_easy", "acc,none": 0.5, "acc_stderr,none": 0.01, "acc_norm,none": 0.45,
                  "acc_norm_stderr,none": "N/A"},
                "gsm8k": {"exact_match,strict-match": 0.25, "exact_match_stderr,strict-match": 0.02, "exact_match,flexible-extract": 0.3},
                "wikitext": {"word_perplexity,none": 12.5}
              },
              "higher_is_better": {"wikitext": {"word_perplexity": false}},
              "n-samples": {"arc_easy": {"original": 2376, "effective": 100}}
            }
            """);
        Assert.Equal(["acc", "acc_norm", "exact_match,strict-match", "exact_match,flexible-extract", "word_perplexity"],
            results.Select(result => result.Metric));
        Assert.Equal((0.5, 100), (results[0].Value, results[0].Count));
        Assert.Equal(0.4804, results[0].Interval!.Value.Low, 1e-9);
        Assert.Null(results[1].Interval);
        Assert.Equal(0.2892, results[2].Interval!.Value.High, 1e-9);
        Assert.Equal([true, true, true, true, false], results.Select(result => result.HigherIsBetter));
    }

    [Fact]
    public void Read_OfTheFormBefore04_TakesMetricsWithoutFilters()
    {
        TaskResult result = Assert.Single(Read("""{"results": {"boolq": {"acc": 0.7, "acc_stderr": 0.1}}, "versions": {"boolq": 1}}"""));
        Assert.Equal(("boolq", "acc", 0.7), (result.Task, result.Metric, result.Value));
        Assert.Equal(0.896, result.Interval!.Value.High, 1e-9);
    }

    [Fact]
    public void Read_OfNumbersThatPythonAloneWrites_TakesThem()
    {
        IReadOnlyList<TaskResult> results =
            Read("""{"results": {"t": {"word_perplexity,none": Infinity, "word_perplexity_stderr,none": NaN, "f1,none": NaN, "acc,none": """
                + """0.5}}}""");
        Assert.Equal([double.PositiveInfinity, double.NaN, 0.5], results.Select(result => result.Value));
        Assert.All(results, result => Assert.Null(result.Interval));
    }

    [Fact]
    public void Read_OfAMetricWithoutAName_TakesItAsItIs() =>
        Assert.Equal("", Assert.Single(Read("""{"results": {"t": {"": 0.5}}}""")).Metric);

    [Theory]
    [InlineData("{}", "there are no 'results'")]
    [InlineData("[]", "this is no results file of lm-evaluation-harness")]
    [InlineData("{", "this is no results file of lm-evaluation-harness")]
    [InlineData("""{"results": {"t": 1}}""", "task 't' is 1, expected its metrics")]
    public void Read_OfAnotherFile_IsRefused(string text, string message)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Read(text));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<TaskResult> Read(string text)
    {
        string path = Path.Combine(_folder.Path, "results.json");
        File.WriteAllText(path, text);
        return HarnessResults.Read(path);
    }
}
