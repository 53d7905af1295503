using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>The metrics of a group: means of those of its tasks, as its <c>aggregate_metric_list</c> asks for them.</summary>
internal static class GroupScores
{
    /// <summary>The results of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="results">Those of all tasks.</param>
    /// <param name="warn">Told of tasks that lack a metric.</param>
    /// <exception cref="MergeHostException">MH6002: the list asks for what is not known here.</exception>
    public static IReadOnlyList<TaskResult> Of(TaskNode group, ILookup<string, TaskResult> results, Action<string, string?> warn)
    {
        List<TaskResult> found = [];
        IEnumerable<object?> rules = group.Source.Get("aggregate_metric_list") switch
        {
            null => [],
            List<object?> several => several,
            object one => [one],
        };
        foreach (object? entry in rules)
        {
            PythonMap rule = entry as PythonMap ?? throw Refuse(group, "an entry of 'aggregate_metric_list' is no mapping");
            string metric = Get(rule, "metric") as string ?? throw Refuse(group, "an entry of 'aggregate_metric_list' has no 'metric'");
            if (Get(rule, "aggregation") is not (null or "mean") and object aggregation)
            {
                throw Refuse(group, $"aggregation '{TaskConfig.Written(aggregation)}' of a group is not supported; known is mean");
            }

            bool isWeighted = PythonValue.IsTrue(Get(rule, "weight_by_size") ?? true);
            string[] filters = Get(rule, "filter_list") switch
            {
                null => [],
                List<object?> several => [.. several.Select(PythonValue.Text)],
                object one => [PythonValue.Text(one)],
            };
            List<IGrouping<string, TaskResult>> names = [.. group.Leaves.SelectMany(leaf => results[leaf.Name])
                .Where(result => IsOf(result.Metric, metric, filters)).GroupBy(result => result.Metric)];
            foreach (IGrouping<string, TaskResult> same in names)
            {
                WarnOfMissing(group, same, warn);
                found.Add(Of(group.Name, same.Key, [.. same], isWeighted));
            }
        }

        return found;
    }

    /// <summary>The error of a mean of all items, of the errors and sizes of the tasks.</summary>
    public static double PooledError(double[] errors, int[] sizes)
    {
        double total = sizes.Sum();
        return Math.Sqrt(errors.Zip(sizes, (error, size) => (size - 1.0) * size * error * error).Sum() / (total - sizes.Length) / total);
    }

    /// <summary>The error of a mean of tasks.</summary>
    public static double MeanError(double[] errors) => Math.Sqrt(errors.Sum(error => error * error)) / errors.Length;

    // Weighted, a mean of all items, with their pooled error; else a mean of the tasks.
    private static TaskResult Of(string name, string metric, TaskResult[] results, bool isWeighted)
    {
        double total = results.Sum(result => result.Count);
        double value = isWeighted ? results.Sum(result => result.Count * result.Value) / total : results.Average(result => result.Value);
        double? error = results.Any(result => result.StandardError is null) ? null
            : isWeighted
                ? PooledError([.. results.Select(result => result.StandardError!.Value)], [.. results.Select(result => result.Count)])
            : MeanError([.. results.Select(result => result.StandardError!.Value)]);
        bool hasItems = results.All(result => result.Items.Count > 0 && result.Aggregation == Aggregation.Mean);
        IEnumerable<ItemScore> items = !hasItems
            ? []
            : results.SelectMany(result =>
                result.Items.Select(item => Weigh(item, result, isWeighted ? 1 : 1.0 / (results.Length * result.Count))));
        return new TaskResult(name, metric, value, [.. items])
        {
            HigherIsBetter = results[0].HigherIsBetter,
            IsPercent = results[0].IsPercent,
            Count = (int)total,
            StandardError = error,
            Interval = !hasItems && error is { } one ? (value - (1.96 * one), value + (1.96 * one)) : null,
        };
    }

    private static ItemScore Weigh(ItemScore item, TaskResult result, double weight) =>
        new($"{result.Task}/{item.Id}", item.Score * weight, weight)
        {
            Cluster = item.Cluster is null ? null : $"{result.Task}/{item.Cluster}"
        };

    private static bool IsOf(string name, string metric, string[] filters)
    {
        string[] parts = name.Split(',', 2);
        return parts[0] == metric && (filters.Length == 0 || filters.Contains(parts.Length > 1 ? parts[1] : "none"));
    }

    private static void WarnOfMissing(TaskNode group, IGrouping<string, TaskResult> same, Action<string, string?> warn)
    {
        string[] missing = [.. group.Leaves.Select(leaf => leaf.Name).Except(same.Select(result => result.Task))];
        if (missing.Length > 0)
        {
            warn($"group '{group.Name}': {missing.Length} of {missing.Length + same.Count()} tasks have no '{same.Key}' and are left out "
                + $"of it: {string.Join(", ", missing)}", null);
        }
    }

    private static object? Get(PythonMap rule, string key) => rule.TryGet(key, out object? value) ? value : null;

    private static MergeHostException Refuse(TaskNode group, string reason) =>
        TaskData.Unusable(group.Source.Path, $"group '{group.Name}': {reason}");
}
