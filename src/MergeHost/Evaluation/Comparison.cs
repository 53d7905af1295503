using MergeHost.Benchmarks;

namespace MergeHost.Evaluation;

/// <summary>Compares merges with what they were made of, and with each other.</summary>
/// <param name="constituents">What the merges were made of.</param>
/// <param name="split">Which items take part.</param>
internal sealed class Comparison(Constituents constituents, ItemSplit split = ItemSplit.All)
{
    /// <summary>The metrics of a merge with their intervals: for tasks that count right answers, and for texts by their perplexity.</summary>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged) => Compare(merged, []);

    /// <summary>What the metrics of a merge are above the mean of those of other merges of the same models, with the intervals of paired items.</summary>
    /// <param name="merged">The merge.</param>
    /// <param name="others">The others; with none, the metrics are as they are.</param>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged, IReadOnlyList<MeasuredModel> others) => Mean([new ComparedMerge(this, merged, others)]);

    /// <summary>How far the scores of a model are above those of the base on each task, with the intervals of paired items.</summary>
    public IReadOnlyList<TaskChange> Changes(MeasuredModel model) => Above(model, (task, items) => Score(constituents.Base, task, items));

    /// <summary>How far the scores of a merge are above the best of base and experts on each task, with the intervals of paired items.</summary>
    public IReadOnlyList<TaskChange> Gaps(MeasuredModel merged) =>
        Above(merged, (task, items) => constituents.Experts.Append(constituents.Base).Max(model => Score(model, task, items)));

    private IReadOnlyList<TaskChange> Above(MeasuredModel model, Func<int, int[], double> other)
    {
        (int Task, int[] Items)[] tasks = [.. model.Tasks.Select((task, index) => (index, split.Indices(task.Main))).Where(task => task.Item2.Length > 0)];
        IReadOnlyList<(double Low, double High)?> intervals = tasks.Length == 0 ? [] : Bootstrap.Intervals(
            [.. tasks.Select(task => task.Items.Length)],
            draws => [.. draws.Zip(tasks, (draw, task) => Change(task.Task, Array.ConvertAll(draw, index => task.Items[index])))]);
        return [.. tasks.Zip(intervals, (task, interval) => new TaskChange(model.Tasks[task.Task].Task.Name, Change(task.Task, task.Items), interval?.Low ?? 0, interval?.High ?? 0))];

        double Change(int task, int[] items) => Score(model, task, items) - other(task, items);
    }

    /// <summary>The mean of the metrics of several merges, all measured on the same items, with their intervals.</summary>
    /// <param name="merges">The merges, at least one.</param>
    public static IReadOnlyList<MetricSummary> Mean(IReadOnlyList<ComparedMerge> merges)
    {
        List<MetricSummary> summaries = [];
        ItemSplit split = merges[0].Comparison.Split;
        IReadOnlyList<MeasuredTask> all = merges[0].Merged.Tasks;
        foreach (IGrouping<Aggregation, int> kind in Enumerable.Range(0, all.Count).Where(task => split.Indices(all[task].Main).Length > 0)
            .GroupBy(task => all[task].Main.Aggregation).OrderBy(kind => kind.Key))
        {
            int[] tasks = [.. kind];
            int[][] items = [.. tasks.Select(task => split.Indices(all[task].Main))];
            double[] found = Values(items);
            IReadOnlyList<(double Low, double High)?> intervals = Bootstrap.Intervals(
                [.. items.Select(indices => indices.Length)],
                draws => Values([.. draws.Zip(items, (draw, indices) => Array.ConvertAll(draw, index => indices[index]))]));
            string over = kind.Key == Aggregation.Perplexity ? "perplexity" : "accuracy";
            summaries.AddRange(MergeMetrics.Names.Select((name, metric) => new MetricSummary(
                name, over, double.IsFinite(found[metric]) ? found[metric] : null, intervals[metric]?.Low, intervals[metric]?.High)));

            double[] Values(int[][] drawn)
            {
                double[][] values = [.. merges.Select(merge => merge.Comparison.Metrics(merge, tasks, drawn))];
                return [.. MergeMetrics.Names.Select((_, metric) => values.Average(merge => merge[metric]))];
            }
        }

        return summaries;
    }

    private ItemSplit Split => split;

    private double[] Metrics(ComparedMerge merge, int[] tasks, int[][] items)
    {
        double[] metrics = Metrics(merge.Merged, tasks, items);
        double[][] others = [.. merge.Others.Select(other => Metrics(other, tasks, items))];
        return others.Length == 0 ? metrics : [.. metrics.Select((value, metric) => value - others.Average(values => values[metric]))];
    }

    private double[] Metrics(MeasuredModel merged, int[] tasks, int[][] items) => MergeMetrics.Of([.. tasks.Select((task, index) => new ComparedTask(
        constituents.RoleOf(merged.Tasks[task].Task), Score(merged, task, items[index]), Score(constituents.Base, task, items[index]),
        [.. constituents.Experts.Select(model => Score(model, task, items[index]))]))]).Values;

    private static double Score(MeasuredModel model, int task, int[] draw)
    {
        TaskResult result = model.Tasks[task].Main;
        return TaskScore.Of(result, TaskScore.Value(result, draw));
    }
}

/// <summary>A merge that is compared.</summary>
/// <param name="Comparison">With what.</param>
/// <param name="Merged">The merge.</param>
/// <param name="Others">Other merges of the same models, of whose mean the metrics are taken; or none.</param>
internal sealed record ComparedMerge(Comparison Comparison, MeasuredModel Merged, IReadOnlyList<MeasuredModel> Others);
