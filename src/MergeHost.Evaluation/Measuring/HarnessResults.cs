using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Suites;
using MergeHost.Storage;

namespace MergeHost.Evaluation.Measuring;

/// <summary>The results file of lm-evaluation-harness: what another program measured, so that it can
/// stand beside what is measured here.</summary>
/// <remarks>Values come without items, so that they are not paired; intervals are 1.96 standard errors, where the file has them.</remarks>
internal static class HarnessResults
{
    private const string Error = "_stderr";
    private const double Normal95 = 1.96;

    /// <summary>Whether a path names such a file rather than a checkpoint or a recipe.</summary>
    public static bool IsResults(string path) => path.EndsWith(".json", StringComparison.Ordinal) && File.Exists(path);

    /// <summary>Takes the results of a suite's tasks for a model: of each the metric that counts.</summary>
    /// <exception cref="MergeHostException">MH6002: the file holds no results; MH6001: it lacks a task of the
    /// suite, or the metric that counts.</exception>
    public static MeasuredModel Measure(string path, Suite suite)
    {
        ILookup<string, TaskResult> results = Read(path).ToLookup(result => result.Task);
        return new MeasuredModel(path, "", [.. suite.Tasks.Select(task => Find(path, task, [.. results[task.Name]]))]);
    }

    /// <summary>Reads a file.</summary>
    /// <returns>One result for each task and metric; a metric of a filter other than <c>none</c> is named with it, such
    /// as <c>exact_match,strict-match</c>.</returns>
    /// <exception cref="MergeHostException">MH6002: the file cannot be read, or holds no results.</exception>
    public static IReadOnlyList<TaskResult> Read(string path)
    {
        byte[] text;
        try
        {
            text = BoundedFile.ReadBytes(path, PythonJson.MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, exception.Message.TrimEnd('.'));
        }

        JsonNode? json = PythonJson.Parse(text, reason => Unusable(path, reason));
        return json.Find("results") is JsonObject tasks
            ? [.. tasks.SelectMany(task => Metrics(task.Key,
                task.Value as JsonObject ?? throw Unusable(path, $"task '{task.Key}' is {task.Value.Words()}, expected its metrics"),
                json))]
            : throw Unusable(path, "there are no 'results'");
    }

    private static IEnumerable<TaskResult> Metrics(string task, JsonObject metrics, JsonNode? root)
    {
        foreach ((string name, JsonNode? entry) in metrics)
        {
            // Before version 0.4 names had no filter.
            (string metric, string filter) = name.Split(',') is [string first, string second] ? (first, second) : (name, "none");
            if (entry.AsNumber() is not { } value || metric.EndsWith(Error, StringComparison.Ordinal) || metric == "sample_len")
            {
                continue;
            }

            double? error = metrics.Find(metric + Error + name[metric.Length..]).AsNumber();
            yield return new TaskResult(task, filter == "none" ? metric : name, value, [])
            {
                HigherIsBetter = root.Find("higher_is_better").Find(task).Find(metric).AsTruth() ?? true,
                Count = (int)(root.Find("n-samples").Find(task).Find("effective").AsNumber() ?? 0),
                Interval = error is { } one && double.IsFinite(one) ? (value - (Normal95 * one), value + (Normal95 * one)) : null,
            };
        }
    }

    private static MeasuredTask Find(string path, SuiteTask task, TaskResult[] results) =>
        results.Length == 0 ? throw Missing($"{path}: there is no task '{task.Name}'")
        : results.FirstOrDefault(result => result.Metric == task.Metric) is { } found ? new MeasuredTask(task, [found])
        : throw Missing(
            $"{path}: task '{task.Name}' has {string.Join(", ", results.Select(result => $"'{result.Metric}'"))}, the suite's `metric:` "
                + $"is {(task.Metric is null ? "missing" : $"'{task.Metric}'")}");

    private static MergeHostException Missing(string message) =>
        new(new Problem(ErrorCodes.BadSuite, message, "Results are found by the names that tasks and metrics have in the suite."), null);

    private static MergeHostException Unusable(string path, string reason) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{path}: this is no results file of lm-evaluation-harness: {reason}"), null);
}
