namespace MergeHost.Reports;

/// <summary>The parts that a stage of a recipe is made in, and how far they are.</summary>
/// <param name="Stage">The stage, or <see langword="null"/> if the recipe has one that has no name.</param>
/// <param name="NeedsSurvey">Whether something must be known of whole models before any part is made.</param>
/// <param name="MemoryBytes">About how much memory a part takes, or the survey.</param>
/// <param name="IsFinished">Whether the parts have been put together.</param>
/// <param name="Parts">The parts, in order.</param>
public sealed record StageParts(string? Stage, bool NeedsSurvey, long MemoryBytes, bool IsFinished, IReadOnlyList<PartStatus> Parts);
