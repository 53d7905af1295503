using MergeHost.Benchmarks;

namespace MergeHost.Evaluation;

/// <summary>Compares merges with their base and their experts.</summary>
internal static class Comparison
{
    /// <summary>The metrics of a merge with their intervals: for tasks that count right answers, and for texts by their perplexity.</summary>
    /// <param name="merged">The merge.</param>
    /// <param name="base">The base.</param>
    /// <param name="experts">The experts, at least one. They are the merge's constituents; a single one together with the base.</param>
    /// <param name="split">Which items take part.</param>
    public static IReadOnlyList<MetricSummary> Compare(
        MeasuredModel merged, MeasuredModel @base, IReadOnlyList<MeasuredModel> experts, ItemSplit split = ItemSplit.All)
    {
        IReadOnlyList<MeasuredModel> constituents = experts.Count == 1 ? [@base, experts[0]] : experts;
        return
        [
            .. merged.Tasks.Index().Where(pair => split.Indices(pair.Item.Main).Length > 0).GroupBy(pair => pair.Item.Main.Aggregation)
                .OrderBy(kind => kind.Key).SelectMany(kind => Compare(kind.Key, [.. kind.Select(pair => pair.Index)], split, merged, @base, constituents)),
        ];
    }

    private static IEnumerable<MetricSummary> Compare(
        Aggregation kind, int[] tasks, ItemSplit split, MeasuredModel merged, MeasuredModel @base, IReadOnlyList<MeasuredModel> constituents)
    {
        int[][] items = [.. tasks.Select(task => split.Indices(merged.Tasks[task].Main))];
        IReadOnlyList<(string Name, double Value)> values = Metrics(items).Values;
        IReadOnlyList<(double Low, double High)?> intervals = Bootstrap.Intervals(
            [.. items.Select(indices => indices.Length)],
            draws => [.. Metrics([.. draws.Zip(items, (draw, indices) => Array.ConvertAll(draw, index => indices[index]))]).Values.Select(metric => metric.Value)]);
        string over = kind == Aggregation.Perplexity ? "perplexity" : "accuracy";
        return values.Zip(intervals, (metric, interval) => new MetricSummary(
            metric.Name, over, double.IsFinite(metric.Value) ? metric.Value : null, interval?.Low, interval?.High));

        MergeMetrics Metrics(IReadOnlyList<int[]> draws) => MergeMetrics.Of([.. tasks.Select((task, index) => new ComparedTask(
            merged.Tasks[task].Task.IsGeneral, Score(merged, task, draws[index]), Score(@base, task, draws[index]),
            [.. constituents.Select(model => Score(model, task, draws[index]))]))]);
    }

    private static double Score(MeasuredModel model, int task, int[] draw)
    {
        TaskResult result = model.Tasks[task].Main;
        return TaskScore.Of(result, TaskScore.Value(result, draw));
    }
}
