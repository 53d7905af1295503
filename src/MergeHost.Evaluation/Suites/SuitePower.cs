using MergeHost.Benchmarks;
using MergeHost.Evaluation.Statistics;
using MergeHost.Plugins;
using MergeHost.Reports;

namespace MergeHost.Evaluation.Suites;

/// <summary>What a suite could show before anything is measured.</summary>
internal static class SuitePower
{
    // Of two models that differ on a quarter of the questions: the deviation of paired differences is the root of it.
    private const double Deviation = 0.5;

    /// <summary>The suite's tasks, each with the least difference that it shows.</summary>
    public static IReadOnlyList<SuiteTaskSummary> Of(Suite suite, PluginHost host) =>
        [.. suite.Tasks.Select(task => Of(task, host.Create<IBenchmark>(task.Benchmark), suite.Folder))];

    private static SuiteTaskSummary Of(SuiteTask task, IBenchmark benchmark, string folder)
    {
        BenchmarkItems? asked = benchmark.ReadItems(task.Options, folder);
        int? questions = asked is { AreQuestions: true, Items.Count: > 0 } ? asked.Items.Count : null;
        return new SuiteTaskSummary(task.Name, task.Benchmark.Export.Id, questions,
            questions is { } count ? 100 * Power.LeastDifference(count, Deviation) : null);
    }
}
