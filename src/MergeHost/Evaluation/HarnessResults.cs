using System.Text.Json;
using MergeHost.Benchmarks;
using MergeHost.Storage;

namespace MergeHost.Evaluation;

/// <summary>The results file of lm-evaluation-harness: what another program measured, so that it can stand beside what is measured here.</summary>
/// <remarks>Values come without items, so that they are not paired; intervals are 1.96 standard errors, where the file has them.</remarks>
internal static class HarnessResults
{
    private const string Error = "_stderr";
    private const double Normal95 = 1.96;

    /// <summary>Whether a path names such a file rather than a checkpoint or a recipe.</summary>
    public static bool IsResults(string path) => path.EndsWith(".json", StringComparison.Ordinal) && File.Exists(path);

    /// <summary>Takes the results of a suite's tasks for a model: of each the metric that counts.</summary>
    /// <exception cref="MergeHostException">MH6002: the file holds no results; MH6001: it lacks a task of the suite, or the metric that counts.</exception>
    public static MeasuredModel Measure(string path, Suite suite)
    {
        ILookup<string, TaskResult> results = Read(path).ToLookup(result => result.Task);
        return new MeasuredModel(path, "", [.. suite.Tasks.Select(task => Find(path, task, [.. results[task.Name]]))]);
    }

    /// <summary>Reads a file.</summary>
    /// <returns>One result for each task and metric; a metric of a filter other than <c>none</c> is named with it, such as <c>exact_match,strict-match</c>.</returns>
    /// <exception cref="MergeHostException">MH6002: the file cannot be read, or holds no results.</exception>
    public static IReadOnlyList<TaskResult> Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(BoundedFile.ReadBytes(path, 1 << 28));
            return json.RootElement.TryGetProperty("results", out JsonElement tasks) && tasks.ValueKind == JsonValueKind.Object
                ? [.. tasks.EnumerateObject().SelectMany(task => Metrics(task, json.RootElement))]
                : throw Unusable(path, "there are no 'results'", null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            throw Unusable(path, exception.Message.TrimEnd('.'), exception);
        }
    }

    private static IEnumerable<TaskResult> Metrics(JsonProperty task, JsonElement root)
    {
        foreach (JsonProperty entry in task.Value.EnumerateObject())
        {
            // Before version 0.4 names had no filter.
            (string metric, string filter) = entry.Name.Split(',') is [string first, string second] ? (first, second) : (entry.Name, "none");
            if (entry.Value.ValueKind != JsonValueKind.Number || metric.EndsWith(Error, StringComparison.Ordinal) || metric == "sample_len")
            {
                continue;
            }

            double value = entry.Value.GetDouble();
            double? error = Number(task.Value, metric + Error + entry.Name[metric.Length..]);
            yield return new TaskResult(task.Name, filter == "none" ? metric : entry.Name, value, [])
            {
                HigherIsBetter = Section(Section(root, "higher_is_better"), task.Name) is not { } better
                    || !better.TryGetProperty(metric, out JsonElement isHigher) || isHigher.ValueKind != JsonValueKind.False,
                Count = (int)(Number(Section(Section(root, "n-samples"), task.Name) ?? default, "effective") ?? 0),
                Interval = error is { } one ? (value - (Normal95 * one), value + (Normal95 * one)) : null,
            };
        }
    }

    private static MeasuredTask Find(string path, SuiteTask task, TaskResult[] results) =>
        results.Length == 0 ? throw Missing($"{path}: there is no task '{task.Name}'")
        : results.FirstOrDefault(result => result.Metric == task.Metric) is { } found ? new MeasuredTask(task, [found])
        : throw Missing($"{path}: task '{task.Name}' has {string.Join(", ", results.Select(result => $"'{result.Metric}'"))}, the suite's `metric:` is {(task.Metric is null ? "missing" : $"'{task.Metric}'")}");

    private static JsonElement? Section(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } mapping && mapping.TryGetProperty(name, out JsonElement section) && section.ValueKind == JsonValueKind.Object ? section : null;

    private static double? Number(JsonElement mapping, string name) =>
        mapping.ValueKind == JsonValueKind.Object && mapping.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;

    private static MergeHostException Missing(string message) =>
        new(new Problem(ErrorCodes.BadSuite, message, "Results are found by the names that tasks and metrics have in the suite."), null);

    private static MergeHostException Unusable(string path, string reason, Exception? inner) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{path}: this is no results file of lm-evaluation-harness: {reason}"), inner);
}
