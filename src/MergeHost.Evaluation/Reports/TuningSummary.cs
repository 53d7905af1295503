using MergeHost.Reports;

namespace MergeHost.Evaluation.Reports;

/// <summary>How the coefficients of a merge were found on the development items, and how it compares on the test items.</summary>
/// <param name="Screened">Every setting that was tried, the best first, by the largest loss over the tasks
/// in nats above the best constituent's.</param>
/// <param name="Confirmed">Those that were then measured by all tasks, by Macro-OG on the development items.</param>
/// <param name="Against">What its metrics on the test items are above those of others: of 1/N, of the
/// best expert, and of each fixed setting.</param>
/// <param name="Recipe">The recipe, but for its base and models.</param>
public sealed record TuningSummary(
    IReadOnlyList<TuningTry> Screened, IReadOnlyList<TuningTry> Confirmed, IReadOnlyList<MergeComparison> Against, string Recipe);

/// <summary>A setting that was tried.</summary>
/// <param name="Settings">The coefficients.</param>
/// <param name="Value">What it was judged by.</param>
public sealed record TuningTry(IReadOnlyDictionary<string, string> Settings, double Value);

/// <summary>How a merge compares with another model of its study.</summary>
/// <param name="With">The other: <c>base</c>, <c>1/N</c>, <c>best expert F</c>, <c>F alone</c> at the same
/// strength, or a method with its setting.</param>
/// <param name="Metrics">What the metrics are above the other's, with the intervals of paired items.</param>
public sealed record MergeComparison(string With, IReadOnlyList<MetricSummary> Metrics);
