using System.Text.Json.Nodes;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using MergeHost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>What <c>evaluate --results</c> writes, against what lm-evaluation-harness wrote for the same run.</summary>
public sealed class ResultsFolderTests : IDisposable
{
    private static readonly string[] _sections = ["results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better",
        "n-samples", "task_hashes"];

    private readonly TemporaryFolder _folder = new();

    [TorchFact]
    public void Evaluate_OfAHarnessGroup_WritesWhatTheHarnessWrites()
    {
        string cases = Fixtures.File("lm-eval");
        string suite = Path.Combine(cases, "results.yaml");
        System.IO.File.WriteAllText(suite,
            "tasks: [{name: all, benchmark: lm_eval, task: 'r_group, r_pages', include_path: results/tasks, limit: 3}]");
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        using MergeEngine engine = new(services);
        EvaluationRequest request =
            new(suite, [Path.Combine(AppContext.BaseDirectory, "quickstart", "base")]) { ResultsFolder = _folder.Path };
        IReadOnlyList<TaskSummary> tasks = new EvaluationEngine(engine)
            .Evaluate(request, new MergeOptions { Threads = Environment.ProcessorCount }).Models[0].Tasks;
        Assert.Equal("r_group", tasks[0].Task);
        string written = Assert.Single(Directory.EnumerateFiles(_folder.Path, "results_*.json", SearchOption.AllDirectories));
        JsonNode found = JsonNode.Parse(System.IO.File.ReadAllText(written))!;
        JsonNode expected =
            JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(cases, "results", "plain", "results_2026-11-30T08-00-00.000000.json")))!;
        Assert.All(_sections, section => Compare(section, expected[section], found[section]));
        Assert.Equal(3, Directory.EnumerateFiles(Path.GetDirectoryName(written)!, "samples_*.jsonl").Count());
        RunComparison runs = EvaluationEngine.CompareRuns([Path.Combine(cases, "results", "plain"), written]);
        Assert.Equal(6, runs.Pairs.Count);
        Assert.All(runs.Pairs, pair => Assert.Equal(0, pair.Difference, 1e-4));
    }

    public void Dispose() => _folder.Dispose();

    private static void Compare(string place, JsonNode? expected, JsonNode? found)
    {
        if (expected is JsonObject section)
        {
            Assert.Equal(section.Select(entry => entry.Key).Order(StringComparer.Ordinal),
                found!.AsObject().Select(entry => entry.Key).Order(StringComparer.Ordinal));
            Assert.All(section, entry => Compare($"{place}: {entry.Key}", entry.Value, found[entry.Key]));
        }
        else if (expected is JsonValue value && value.TryGetValue(out double number))
        {
            Assert.Equal(number, (double)found!, 1e-4 * Math.Max(1, Math.Abs(number)));
        }
        else
        {
            Assert.Equal(expected?.ToJsonString(), found?.ToJsonString());
        }
    }
}
