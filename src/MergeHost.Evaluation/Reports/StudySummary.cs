using MergeHost.Reports;

namespace MergeHost.Evaluation.Reports;

/// <summary>What a study found: merges of some experts, with several settings, measured and compared.</summary>
/// <param name="Study">The study's name.</param>
/// <param name="Control">The method that all others are compared with, or <see langword="null"/>.</param>
/// <param name="Points">The merges, in the order in which they were tried.</param>
/// <param name="Means">Their means over the merges of each stage by one setting, where there are several.</param>
/// <param name="Distances">How far base and experts are from each other, as a whole.</param>
public sealed record StudySummary(
    string Study, string? Control, IReadOnlyList<StudyPoint> Points, IReadOnlyList<StudyMean> Means, ComparisonReport Distances)
{
    /// <summary>How each merge stands to base and best expert, corrected for how many merges were tried:
    /// first by right answers, then by texts.</summary>
    public IReadOnlyList<StudyStanding> Standings { get; init; } = [];

    /// <summary>Which merge was chosen, of a recipe with <c>merge_method: auto</c>; <see langword="null"/> of a study.</summary>
    public AutoChoice? Choice { get; init; }

    /// <summary>What could be known of each merge of two experts at least, and how it came out; nothing unless asked for.</summary>
    public IReadOnlyList<MergeExample> Examples { get; init; } = [];
}

/// <summary>One merge of a study.</summary>
/// <param name="Name">Its name: the letters of what was merged, with B for the base of a single expert, and the method's.</param>
/// <param name="Stage">The stage of the study.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Settings">What sets it apart from the other merges by the method, such as <c>lambda: 0.3</c>.</param>
/// <param name="IsChosen">Whether the setting is the method's best of the stage, by Macro-OG over the merges
/// of the stage on the development items.</param>
/// <param name="Metrics">How it compares with its constituents, on the test items alone.</param>
/// <param name="Changes">How it differs from the base, task by task, on the test items alone.</param>
/// <param name="Gaps">How it differs from the best of base and experts, likewise; where the interval
/// is above zero, something has emerged.</param>
/// <param name="OverControl">What its metrics are above the mean of those of the study's control; nothing
/// without one, and for the control itself.</param>
public sealed record StudyPoint(
    string Name, string Stage, string Method, IReadOnlyDictionary<string, string> Settings, bool IsChosen,
    IReadOnlyList<MetricSummary> Metrics,
    IReadOnlyList<TaskChange> Changes, IReadOnlyList<TaskChange> Gaps, IReadOnlyList<MetricSummary> OverControl)
{
    /// <summary>Its Macro-OG on the development items, by which settings are chosen: over questions
    /// where there are some, else over texts.</summary>
    public double? Development { get; init; }

    /// <summary>The recipe that makes it; models that are files here are named by their whole path.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>
    /// Of a chosen merge of several experts, what its metrics on the test items are above those of the controls: the base, the experts'
    /// mean, the best expert, and each expert alone at the same strength where the recipe names one.
    /// </summary>
    public IReadOnlyList<MergeComparison> Controls { get; init; } = [];

    /// <summary>How its settings were found, if they were tuned.</summary>
    public TuningSummary? Tuning { get; init; }
}

/// <summary>All merges of a stage by one setting of a method.</summary>
/// <param name="Stage">The stage of the study.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Settings">What sets it apart from the method's other settings.</param>
/// <param name="IsChosen">Whether the setting is the method's best of the stage.</param>
/// <param name="Metrics">The means of the merges' metrics, on the test items alone.</param>
/// <param name="OverControl">The means of what they are above the study's control.</param>
public sealed record StudyMean(
    string Stage, string Method, IReadOnlyDictionary<string, string> Settings, bool IsChosen, IReadOnlyList<MetricSummary> Metrics,
    IReadOnlyList<MetricSummary> OverControl);
