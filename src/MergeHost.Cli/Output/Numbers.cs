using System.Globalization;

namespace MergeHost.Cli.Output;

/// <summary>Results of benchmarks, for people: a value, and half the width of its interval of 95 %.</summary>
internal static class Numbers
{
    private static readonly string[] _verdicts = ["improved", "damaged", "unchanged"];

    /// <summary>The value of a task: shares in percent, all others as they are.</summary>
    public static string Task(TaskSummary task) => task.HigherIsBetter
        ? WithInterval(100 * task.Value, 100 * task.Low, 100 * task.High, "0.0")
        : WithInterval(task.Value, task.Low, task.High, "0.00");

    /// <summary>The value of a metric: gains and gaps in points, retentions in percent.</summary>
    public static string Metric(MetricSummary metric) => metric.Value is not { } value ? "-"
        : metric.Name.StartsWith("macro", StringComparison.Ordinal) ? WithInterval(value, metric.Low, metric.High, "+0.00;-0.00")
        : WithInterval(100 * value, 100 * metric.Low, 100 * metric.High, "0.0") + " %";

    /// <summary>How far a metric is above another value of it: in points.</summary>
    public static string Difference(MetricSummary metric) => metric.Value is not { } value ? "-"
        : metric.Name.StartsWith("macro", StringComparison.Ordinal) ? WithInterval(value, metric.Low, metric.High, "+0.00;-0.00")
        : WithInterval(100 * value, 100 * metric.Low, 100 * metric.High, "+0.0;-0.0");

    /// <summary>On how many tasks a model is better than its base, worse, or neither beyond noise.</summary>
    public static string Verdicts(IReadOnlyList<TaskChange> changes) =>
        string.Join(", ", _verdicts.Select(verdict => changes.Count(change => change.Verdict == verdict)));

    /// <summary>The tasks on which a model is better beyond noise.</summary>
    public static string Improved(IReadOnlyList<TaskChange> gaps) =>
        gaps.Where(gap => gap.Verdict == "improved").Select(gap => gap.Task).ToArray() is { Length: > 0 } tasks ? string.Join(", ", tasks) : "-";

    /// <summary>The name of a metric in words.</summary>
    public static string Name(string metric) => metric switch
    {
        "macroGain" => "Macro-Gain",
        "macroOutperformGap" => "Macro-OG",
        "oracleRetentionPooled" => "Oracle Retention, pooled",
        "oracleRetentionMean" => "Oracle Retention, mean",
        "retention" => "general ability kept",
        "gainKept" => "experts' gain kept",
        _ => metric,
    };

    private static string WithInterval(double value, double? low, double? high, string format)
    {
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return low is null || high is null ? text : $"{text} ±{((high.Value - low.Value) / 2).ToString("0.0#", CultureInfo.InvariantCulture)}";
    }
}
