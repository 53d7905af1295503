using MergeHost.Benchmarks;
using MergeHost.Reports;

namespace MergeHost.Evaluation.Metrics;

/// <summary>Compares merges with what they were made of, and with each other.</summary>
/// <param name="constituents">What the merges were made of.</param>
/// <param name="split">Which items take part.</param>
internal sealed class Comparison(Constituents constituents, ItemSplit split = ItemSplit.All)
{
    // The width of an interval of 95 % in standard errors.
    private const double IntervalErrors = 3.92;

    /// <summary>The metrics of a merge with their intervals: for tasks that count right
    /// answers, and for texts by their perplexity.</summary>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged) => Compare(merged, []);

    /// <summary>What the metrics of a merge are above the mean of those of other merges of the same models,
    /// with the intervals of paired items.</summary>
    /// <param name="merged">The merge.</param>
    /// <param name="others">The others; with none, the metrics are as they are.</param>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged, IReadOnlyList<MeasuredModel> others) =>
        Mean([new ComparedMerge(this, merged, others)]);

    /// <summary>The number by which settings are chosen: Macro-OG, over tasks that count right answers
    /// where there are some, else over texts.</summary>
    public double Criterion(MeasuredModel merged)
    {
        int[] tasks = [.. Kinds(merged).First()];
        return MetricsOf(merged, tasks, draw: 0).MacroOutperformGap;
    }

    /// <summary>Whether the criterion of a merge is within one standard error of that of the best, items paired.</summary>
    public bool IsLevel(MeasuredModel best, MeasuredModel merged)
    {
        return merged == best || Compare(best, [merged]).First(metric => metric.Name == MergeMetrics.MacroOutperformGapName) is var behind
            && behind.Value <= (behind.High - behind.Low) / IntervalErrors;
    }

    /// <summary>How far the scores of a model are above those of the base on each task, with the intervals of paired items.</summary>
    public IReadOnlyList<TaskChange> Changes(MeasuredModel model) => Above(model, (task, draw) => Score(constituents.Base, task, draw));

    /// <summary>How far the scores of a merge are above the best of base and experts on each task,
    /// with the intervals of paired items.</summary>
    public IReadOnlyList<TaskChange> Gaps(MeasuredModel merged) =>
        Above(merged, (task, draw) => constituents.Experts.Append(constituents.Base).Max(model => Score(model, task, draw)));

    /// <summary>The mean of the metrics of several merges, all measured on the same items, with their intervals.</summary>
    /// <param name="merges">The merges, at least one.</param>
    public static IReadOnlyList<MetricSummary> Mean(IReadOnlyList<ComparedMerge> merges)
    {
        List<MetricSummary> summaries = [];
        foreach (IGrouping<Aggregation, int> kind in merges[0].Comparison.Kinds(merges[0].Merged))
        {
            int[] tasks = [.. kind];
            double[] found = Values(0);
            IReadOnlyList<(double Low, double High)?> intervals = Bootstrap.Intervals(Values);
            IReadOnlyList<(double Low, double High)?> divisors = Bootstrap.Intervals(Divisors);
            string over = kind.Key == Aggregation.Perplexity ? "perplexity" : "accuracy";

            // A quotient says nothing where what it is divided by may well be 0.
            summaries.AddRange(MergeMetrics.Names.Select((name, metric) => double.IsFinite(found[metric]) && divisors[metric]?.Low > 0
                ? new MetricSummary(name, over, found[metric], intervals[metric]?.Low, intervals[metric]?.High)
                : new MetricSummary(name, over, null, null, null)));

            double[] Values(int draw)
            {
                double[][] values = [.. merges.Select(merge => merge.Comparison.Metrics(merge, tasks, draw))];
                return [.. MergeMetrics.Names.Select((_, metric) => values.Average(merge => merge[metric]))];
            }

            double[] Divisors(int draw)
            {
                double[][] values = [.. merges.Select(merge => merge.Comparison.MetricsOf(merge.Merged, tasks, draw).Divisors)];
                return [.. MergeMetrics.Names.Select((_, metric) => values.Min(merge => merge[metric]))];
            }
        }

        return summaries;
    }

    private IReadOnlyList<TaskChange> Above(MeasuredModel model, Func<int, int, double> other)
    {
        int[] tasks = [.. Tasks(model)];
        IReadOnlyList<(double Low, double High)?> intervals = tasks.Length == 0
            ? []
            : Bootstrap.Intervals(draw => [.. tasks.Select(task => Change(task, draw))]);
        return [.. tasks.Zip(intervals,
            (task, interval) => new TaskChange(model.Tasks[task].Task.Name, Change(task, 0), interval?.Low ?? 0, interval?.High ?? 0))];

        double Change(int task, int draw) => Score(model, task, draw) - other(task, draw);
    }

    // Those that have items in the split.
    private IEnumerable<int> Tasks(MeasuredModel model) =>
        Enumerable.Range(0, model.Tasks.Count).Where(task => model.Tasks[task].Scores(split).Length > 0);

    private IEnumerable<IGrouping<Aggregation, int>> Kinds(MeasuredModel model) =>
        Tasks(model).GroupBy(task => model.Tasks[task].Main.Aggregation).OrderBy(kind => kind.Key);

    private double[] Metrics(ComparedMerge merge, int[] tasks, int draw)
    {
        double[] metrics = MetricsOf(merge.Merged, tasks, draw).Values;
        double[][] others = [.. merge.Others.Select(other => MetricsOf(other, tasks, draw).Values)];
        return others.Length == 0 ? metrics : [.. metrics.Select((value, metric) => value - others.Average(values => values[metric]))];
    }

    private MergeMetrics MetricsOf(MeasuredModel merged, int[] tasks, int draw) =>
        MergeMetrics.Of([.. tasks.Select(task => new ComparedTask(
            constituents.RoleOf(merged.Tasks[task].Task), Score(merged, task, draw), Score(constituents.Base, task, draw),
            [.. constituents.Experts.Select(model => Score(model, task, draw))]))]);

    // Of all items that take part at 0, and then of the bootstrap's draws.
    private double Score(MeasuredModel model, int task, int draw) => model.Tasks[task].Scores(split)[draw];
}

/// <summary>A merge that is compared.</summary>
/// <param name="Comparison">With what.</param>
/// <param name="Merged">The merge.</param>
/// <param name="Others">Other merges of the same models, of whose mean the metrics are taken; or none.</param>
internal sealed record ComparedMerge(Comparison Comparison, MeasuredModel Merged, IReadOnlyList<MeasuredModel> Others);
