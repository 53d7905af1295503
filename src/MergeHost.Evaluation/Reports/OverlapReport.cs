namespace MergeHost.Evaluation.Reports;

/// <summary>What of a suite's items stands in texts that somebody named, by runs of words.</summary>
/// <param name="Words">How long the runs are; of a shorter item it is the whole.</param>
/// <param name="Texts">The texts.</param>
/// <param name="TextWords">How many words they have.</param>
/// <param name="Tasks">What was found for each task.</param>
/// <param name="Unread">The tasks whose items cannot be read without a model.</param>
public sealed record OverlapReport(int Words, IReadOnlyList<string> Texts, long TextWords, IReadOnlyList<TaskOverlap> Tasks,
    IReadOnlyList<string> Unread);

/// <summary>What of a task's items stands in the texts.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Items">How many items it has.</param>
/// <param name="TooShort">How many of them have too few words to tell.</param>
/// <param name="Touched">How many have a run of words that stands in the texts.</param>
/// <param name="Share">The share of all runs of all items that stand in the texts, in [0, 1].</param>
/// <param name="Examples">Some of those that were found, those with most first.</param>
public sealed record TaskOverlap(string Task, int Items, int TooShort, int Touched, double Share, IReadOnlyList<ItemOverlap> Examples);

/// <summary>An item that stands in the texts, in part or as a whole.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Share">The share of its runs of words that stand in the texts, in (0, 1].</param>
/// <param name="Run">The first of them.</param>
public sealed record ItemOverlap(string Id, double Share, string Run);
