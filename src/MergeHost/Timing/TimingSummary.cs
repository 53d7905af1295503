namespace MergeHost.Timing;

/// <summary>Where the time of a run went.</summary>
/// <param name="Wall">From the program's start to now.</param>
/// <param name="Steps">Its steps, in the order in which they were first begun; the last is the main thread's time in none of them.</param>
internal sealed record TimingSummary(TimeSpan Wall, IReadOnlyList<StepTime> Steps);

/// <summary>The time of all steps of one name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Time">Their time over all threads, without that of steps within them.</param>
/// <param name="Bytes">How much they read, hashed or wrote.</param>
internal sealed record StepTime(string Name, int Count, TimeSpan Time, long Bytes);
