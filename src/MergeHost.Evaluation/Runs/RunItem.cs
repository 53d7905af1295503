namespace MergeHost.Evaluation.Runs;

/// <summary>What a run found for an item by a metric.</summary>
/// <param name="Score">The value, or a sum of log-likelihoods.</param>
/// <param name="Weight">What it counts, such as a number of words.</param>
/// <param name="Hash">What tells the item from others; <see langword="null"/> if the run does not say.</param>
/// <param name="Cluster">What the item has in common with others; <see langword="null"/> for nothing.</param>
internal readonly record struct RunItem(double Score, double Weight, string? Hash, string? Cluster);

/// <summary>The items of a run.</summary>
/// <param name="Name">The run, as it was named.</param>
/// <param name="Results">Of each task and metric the items by their ids.</param>
internal sealed record Run(string Name, IReadOnlyDictionary<(string Task, string Metric), Dictionary<string, RunItem>> Results);
