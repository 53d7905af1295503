namespace MergeHost.Reports;

/// <summary>Statistics that were taken of a model's activations.</summary>
/// <param name="Path">The file that they were written to.</param>
/// <param name="Model">The model.</param>
/// <param name="Tokens">How many tokens it read.</param>
/// <param name="Windows">In how many windows.</param>
/// <param name="Passes">How often it read them, since memory did not hold the statistics of all weights at once.</param>
/// <param name="Weights">The weights whose inputs were looked at.</param>
/// <param name="Bytes">The length of the file.</param>
public sealed record StatisticsSummary(string Path, string Model, long Tokens, int Windows, int Passes, IReadOnlyList<string> Weights,
    long Bytes);
