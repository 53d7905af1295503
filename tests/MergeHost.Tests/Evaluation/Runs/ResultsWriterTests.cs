using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Runs;
using MergeHost.Evaluation.Suites;
using MergeHost.Testing;

namespace MergeHost.Tests.Evaluation.Runs;

public sealed class ResultsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_OfValuesThatAreNotFinite_WritesThemAsPythonDoes()
    {
        TaskResult result = new("task", "word_perplexity", double.PositiveInfinity, [new ItemScore("0", double.NegativeInfinity, 1)])
        {
            HigherIsBetter = false
        };
        MeasuredModel model = new("model", "", [new MeasuredTask(new SuiteTask("task", false, null, null!, new object(), ""), [result])]);
        string path = new ResultsWriter(_folder.Path, new MergeOptions(), DateTimeOffset.UnixEpoch).Write(model);
        Assert.Contains("\n      \"word_perplexity,none\": Infinity,\n", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal(double.PositiveInfinity, Assert.Single(HarnessResults.Read(path)).Value);
        string line = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!, "samples_task_*.jsonl")));
        Assert.StartsWith("{\"doc_id\": 0, \"doc\": {\"id\": \"0\"}, \"target\": \"\", ", line, StringComparison.Ordinal);
        Assert.EndsWith(", \"word_perplexity\": -Infinity}\n", line, StringComparison.Ordinal);
    }

    // json.dumps(doc, indent=2, ensure_ascii=False) in Python, and its hash.
    [Fact]
    public void Write_OfABenchmarkWithoutRecords_HashesItsItemsAsTheHarnessDoes()
    {
        TaskResult result = new("task", "acc", 1, [new ItemScore("é", 1, 1)]);
        MeasuredModel model = new("model", "", [new MeasuredTask(new SuiteTask("task", false, null, null!, new object(), ""), [result])]);
        string path = new ResultsWriter(_folder.Path, new MergeOptions(), DateTimeOffset.UnixEpoch).Write(model);
        string line = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!, "samples_task_*.jsonl")));
        Assert.Equal("636bd4994939cf210ec5005c538eff78ce03139f23697c2c9ab9058dfd6958c6",
            JsonNode.Parse(line)!["doc_hash"]!.GetValue<string>());
    }

    public void Dispose() => _folder.Dispose();
}
