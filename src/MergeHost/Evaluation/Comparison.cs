using MergeHost.Benchmarks;

namespace MergeHost.Evaluation;

/// <summary>Compares merges with what they were made of, and with each other.</summary>
/// <param name="constituents">What the merges were made of.</param>
/// <param name="split">Which items take part.</param>
internal sealed class Comparison(Constituents constituents, ItemSplit split = ItemSplit.All)
{
    /// <summary>The metrics of a merge with their intervals: for tasks that count right answers, and for texts by their perplexity.</summary>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged) => Summarize(metrics => metrics(merged));

    /// <summary>What the metrics of a merge are above the mean of those of other merges of the same models, with the intervals of paired items.</summary>
    /// <param name="merged">The merge.</param>
    /// <param name="others">The others, at least one.</param>
    public IReadOnlyList<MetricSummary> Compare(MeasuredModel merged, IReadOnlyList<MeasuredModel> others) => Summarize(metrics =>
    {
        double[][] compared = [.. others.Select(metrics)];
        return [.. metrics(merged).Select((value, metric) => value - compared.Average(values => values[metric]))];
    });

    // Of each kind of task. The values are computed from the metrics of models on some items of each task.
    private List<MetricSummary> Summarize(Func<Func<MeasuredModel, double[]>, double[]> values)
    {
        List<MetricSummary> summaries = [];
        IReadOnlyList<MeasuredTask> all = constituents.Base.Tasks;
        foreach (IGrouping<Aggregation, int> kind in Enumerable.Range(0, all.Count).Where(task => split.Indices(all[task].Main).Length > 0)
            .GroupBy(task => all[task].Main.Aggregation).OrderBy(kind => kind.Key))
        {
            int[] tasks = [.. kind];
            int[][] items = [.. tasks.Select(task => split.Indices(all[task].Main))];
            double[] found = values(model => Metrics(model, tasks, items));
            IReadOnlyList<(double Low, double High)?> intervals = Bootstrap.Intervals(
                [.. items.Select(indices => indices.Length)],
                draws => values(model => Metrics(model, tasks, [.. draws.Zip(items, (draw, indices) => Array.ConvertAll(draw, index => indices[index]))])));
            string over = kind.Key == Aggregation.Perplexity ? "perplexity" : "accuracy";
            summaries.AddRange(MergeMetrics.Names.Select((name, metric) => new MetricSummary(
                name, over, double.IsFinite(found[metric]) ? found[metric] : null, intervals[metric]?.Low, intervals[metric]?.High)));
        }

        return summaries;
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
