namespace MergeHost.Running.Statistics;

/// <summary>The result of a statistic that was taken over a model, as it can be kept.</summary>
/// <param name="Sums">The sums, of a sum.</param>
/// <param name="Threshold">The smallest magnitude that is kept, of the largest elements.</param>
/// <param name="TieEnd">The element of all tensors together, in the order of their names, below which equal ones are kept.</param>
internal sealed record MeasuredResult(IReadOnlyList<double>? Sums, float Threshold, long TieEnd);
