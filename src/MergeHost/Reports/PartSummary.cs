namespace MergeHost.Reports;

/// <summary>A part of an output that is done, or what was found for all parts before.</summary>
/// <param name="Output">The output.</param>
/// <param name="Part">Which part, such as <c>2/4</c>.</param>
/// <param name="Stage">The stage, or <see langword="null"/> if the recipe has one that has no name.</param>
public sealed record PartSummary(string Output, string Part, string? Stage)
{
    /// <summary>The names of its files, in order; none where there are more parts than files, and in a survey.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>How long its tensors are together as they are stored.</summary>
    public long LengthBytes { get; init; }

    /// <summary>How many tensors it made, or has any of; in a survey, how many questions it answered.</summary>
    public int Count { get; init; }

    /// <summary>Whether an earlier run had done it.</summary>
    public bool IsAlreadyComplete { get; init; }
}
