using System.Globalization;
using MergeHost.Reports;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>Results of benchmarks, for people: a value, and half the width of its interval of 95 %.</summary>
internal static class Numbers
{
    private static readonly string[] _verdicts = ["improved", "damaged", "unchanged"];

    /// <summary>The value of a task: shares in percent, all others as they are.</summary>
    public static string Task(TaskSummary task) => task.HigherIsBetter
        ? WithInterval(task.Scale * task.Value, task.Scale * task.Low, task.Scale * task.High, value => Fixed(value, "0.0"))
        : WithInterval(task.Value, task.Low, task.High, value => Fixed(value, "0.00"));

    /// <summary>The value of a metric: gains and gaps in points, retentions in percent.</summary>
    public static string Metric(MetricSummary metric) => metric.Value is not { } value ? "-"
        : metric.Name.StartsWith("macro", StringComparison.Ordinal) ? WithInterval(value, metric.Low, metric.High, Points)
        : WithInterval(100 * value, 100 * metric.Low, 100 * metric.High, value => Fixed(value, "0.0")) + " %";

    /// <summary>How far a metric is above another value of it: in points.</summary>
    public static string Difference(MetricSummary metric) => metric.Value is not { } value ? "-"
        : metric.Name.StartsWith("macro", StringComparison.Ordinal) ? WithInterval(value, metric.Low, metric.High, Points)
        : WithInterval(100 * value, 100 * metric.Low, 100 * metric.High, value => Signed(value, 1));

    /// <summary>On how many tasks a model is better than its base, worse, or neither beyond noise.</summary>
    public static string Verdicts(IReadOnlyList<TaskChange> changes) =>
        string.Join(", ", _verdicts.Select(verdict => changes.Count(change => change.Verdict == verdict)));

    /// <summary>The tasks on which a model is better beyond noise.</summary>
    public static string Improved(IReadOnlyList<TaskChange> gaps) =>
        gaps.Where(gap => gap.Verdict == "improved").Select(gap => gap.Task).ToArray() is { Length: > 0 } tasks
            ? string.Join(", ", tasks)
            : "-";

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

    /// <summary>A number with its sign; what rounds to zero is a plain zero with a plus.</summary>
    public static string Signed(double value, int digits)
    {
        double rounded = Math.Round(value, digits);
        return (rounded < 0 ? "-" : "+") + Math.Abs(rounded).ToString($"F{digits}", CultureInfo.InvariantCulture);
    }

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");

    private static string Points(double value) => Signed(value, 2);

    private static string Fixed(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string WithInterval(double value, double? low, double? high, Func<double, string> format) =>
        low is null || high is null ? format(value) : $"{format(value)} ±{Fixed((high.Value - low.Value) / 2, "0.0#")}";
}
