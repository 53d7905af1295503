using System.Collections.Concurrent;
using MergeHost.Benchmarks;
using MergeHost.Evaluation.Suites;

namespace MergeHost.Evaluation.Metrics;

/// <summary>What a suite found for a model.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Weights">The digest of its weights.</param>
/// <param name="Tasks">The results of each task of the suite, in its order.</param>
internal sealed record MeasuredModel(string Name, string Weights, IReadOnlyList<MeasuredTask> Tasks)
{
    /// <summary>The same with the metric of each task that counts, and no other.</summary>
    public MeasuredModel MainOnly() => this with { Tasks = [.. Tasks.Select(task => new MeasuredTask(task.Task, [task.Main]))] };
}

/// <summary>What a task found for a model.</summary>
/// <param name="Task">The task.</param>
/// <param name="Results">One result a metric.</param>
internal sealed record MeasuredTask(SuiteTask Task, IReadOnlyList<TaskResult> Results)
{
    /// <summary>The result by the metric that counts.</summary>
    public TaskResult Main { get; } = Results.FirstOrDefault(result => result.Metric == Task.Metric) ?? Results[0];

    /// <summary>What lies behind the results, if it was kept.</summary>
    public IReadOnlyList<TaskRecord> Records { get; init; } = [];

    /// <summary>The name of a result's task: the suite's, or the result's own where a task of the suite is several.</summary>
    public string NameOf(TaskResult result) => Results.Any(other => other.Task != Results[0].Task) ? result.Task : Task.Name;

    private ConcurrentDictionary<ItemSplit, double[]> Drawn { get; } = [];

    /// <summary>The scores of <see cref="Main"/>, over all items that take part at 0, and then over each of the
    /// bootstrap's draws; none without such items.</summary>
    public double[] Scores(ItemSplit split) => Drawn.GetOrAdd(split, wanted => wanted.Indices(Main) is { Length: > 0 } items
        ? [.. Bootstrap.Values(Task.Name, Main, items).Select(value => TaskScore.Of(Main, value))]
        : []);
}
