namespace MergeHost.Reports;

/// <summary>What a suite found for some models.</summary>
/// <param name="Suite">The suite's name.</param>
/// <param name="Models">The models: base, experts, and then those that were asked for.</param>
public sealed record EvaluationSummary(string Suite, IReadOnlyList<ModelSummary> Models);

/// <summary>What a suite found for a model.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Role"><c>base</c>, <c>expert</c>, or <c>model</c>.</param>
/// <param name="Weights">The digest of its weights and tokenizer, by which results are kept.</param>
/// <param name="Tasks">The results, one a task and metric.</param>
public sealed record ModelSummary(string Name, string Role, string Weights, IReadOnlyList<TaskSummary> Tasks)
{
    /// <summary>How it differs from the base, task by task; nothing without a base, and for the base itself.</summary>
    public IReadOnlyList<TaskChange> Changes { get; init; } = [];

    /// <summary>How it differs from the best of base and experts, task by task; nothing for these themselves.</summary>
    public IReadOnlyList<TaskChange> Gaps { get; init; } = [];

    /// <summary>How it compares with base and experts; nothing for these themselves.</summary>
    public IReadOnlyList<MetricSummary> Metrics { get; init; } = [];
}

/// <summary>How a model differs from others on a task, by the metric that counts.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Difference">Its score less the other, in points of 100; of a perplexity p the score is 100 / p.</param>
/// <param name="Low">The lower end of the interval that holds the true difference with a probability of 95 %; items are paired.</param>
/// <param name="High">Its upper end.</param>
public sealed record TaskChange(string Task, double Difference, double Low, double High)
{
    /// <summary><c>improved</c> or <c>damaged</c> where the interval is clear of zero, else <c>unchanged</c>.</summary>
    public string Verdict => Low > 0 ? "improved" : High < 0 ? "damaged" : "unchanged";
}

/// <summary>The result of a task by a metric.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="IsMain">Whether this is the metric that counts where tasks are taken together.</param>
/// <param name="Value">The value over all items.</param>
/// <param name="Low">The lower end of the interval that holds the true value with a probability of 95 %, if it is known.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Count">How many items the value rests on.</param>
/// <param name="HigherIsBetter">Whether a higher value is better.</param>
public sealed record TaskSummary(
    string Task, string Metric, bool IsMain, double Value, double? Low, double? High, int Count, bool HigherIsBetter)
{
    /// <summary>Whether the value is in percent already, as that of BLEU is; else one of which more is better is a share of 1.</summary>
    public bool IsPercent { get; init; }

    /// <summary>What it is multiplied by where it is shown: a share as percent.</summary>
    internal double Scale => HigherIsBetter && !IsPercent ? 100 : 1;

    /// <summary>Of how many items the beginning was cut off, since they are longer than what the model can read.</summary>
    public int CutCount { get; init; }
}

/// <summary>How a merge compares with its base and its experts over several tasks.</summary>
/// <param name="Name">The metric, such as <c>macroGain</c>.</param>
/// <param name="Over">The tasks it is computed over: those with an <c>accuracy</c>, or the texts with a
/// <c>perplexity</c>, taken as 100 / perplexity.</param>
/// <param name="Value">The value; gains and gaps in points of 100, retentions as shares; <see langword="null"/> where it has none.</param>
/// <param name="Low">The lower end of the interval that holds the true value with a probability of 95 %.</param>
/// <param name="High">Its upper end.</param>
public sealed record MetricSummary(string Name, string Over, double? Value, double? Low, double? High);
