using System.Text.Json.Nodes;

namespace MergeHost.Benchmarks;

/// <summary>What a benchmark found: one result a task, at least one.</summary>
public sealed record BenchmarkResult(IReadOnlyList<TaskResult> Tasks)
{
    /// <summary>What lies behind the results, if <see cref="BenchmarkContext.KeepsRecords"/>
    /// asks for it and the benchmark has it.</summary>
    public IReadOnlyList<TaskRecord> Records { get; init; } = [];
}

/// <summary>What lies behind the results of a task or group, in the words of lm-evaluation-harness's files.</summary>
/// <param name="Task">The task's or group's name.</param>
/// <param name="Facts">
/// How it was asked: <c>alias</c>, <c>version</c>, <c>n-shot</c>, <c>higher_is_better</c>, <c>n-samples</c>, <c>task_hash</c> and
/// <c>config</c>; of a group also <c>subtasks</c>, <c>sample_len</c> and <c>sample_count</c>.
/// </param>
/// <param name="Samples">One for each item and filter, as a line of a samples file has it; none for a group.</param>
public sealed record TaskRecord(string Task, JsonObject Facts, IReadOnlyList<JsonObject> Samples);

/// <summary>The result of one task by one metric.</summary>
/// <param name="Task">The task's name, such as <c>finance_words</c>.</param>
/// <param name="Metric">The metric's name, such as <c>acc</c> or <c>perplexity</c>.</param>
/// <param name="Value">The metric over all items.</param>
/// <param name="Items">The score of each item; may be empty for a result that was imported without them.</param>
public sealed record TaskResult(string Task, string Metric, double Value, IReadOnlyList<ItemScore> Items)
{
    /// <summary>Whether a higher value is better; true by default.</summary>
    public bool HigherIsBetter { get; init; } = true;

    /// <summary>Whether the value is in percent already, as that of BLEU is; by default a value of
    /// which more is better is a share of 1.</summary>
    public bool IsPercent { get; init; }

    /// <summary>How many items the value rests on.</summary>
    public int Count { get; init; } = Items.Count;

    /// <summary>Of how many items the beginning was cut off, since they are longer than what the model can read; 0 by default.</summary>
    public int CutCount { get; init; }

    /// <summary>How <see cref="Items"/> make <see cref="Value"/>; the mean by default.</summary>
    public Aggregation Aggregation { get; init; }

    /// <summary>The standard error, if the benchmark found one.</summary>
    public double? StandardError { get; init; }

    /// <summary>The interval that holds the true value with a probability of 95 %, or <see langword="null"/> for
    /// the host to find it from the items.</summary>
    public (double Low, double High)? Interval { get; init; }
}

/// <summary>The score of one item.</summary>
/// <param name="Id">The item's name within its task: the same for every checkpoint, so that scores can be paired.</param>
/// <param name="Score">Right or wrong as 1 or 0, or a sum of log-likelihoods in nats, as the metric has it.</param>
/// <param name="Weight">What the item counts, such as its number of tokens; 1 by default.</param>
public sealed record ItemScore(string Id, double Score, double Weight = 1)
{
    /// <summary>What the item has in common with others that are not independent of it, such as the passage it asks about;
    /// <see langword="null"/> for nothing.</summary>
    public string? Cluster { get; init; }
}
