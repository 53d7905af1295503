using MergeHost.Plans;

namespace MergeHost.Scoring;

/// <summary>The scores that a scorer gave to the tensors of a model.</summary>
/// <param name="RestoreFirst">Which of them mean that a tensor should be restored first.</param>
/// <param name="Comparability">Among which tensors they can be compared.</param>
/// <param name="Values">One a tensor; NaN where there is none.</param>
internal sealed record ScoreColumn(RestoreFirst RestoreFirst, ScoreComparability Comparability, IReadOnlyList<double> Values)
{
    /// <summary>The columns of a table with one row a tensor and one score a scorer.</summary>
    public static IReadOnlyList<ScoreColumn> Of(IReadOnlyList<BoundScorer> scorers, IReadOnlyList<LayerScore[]> rows) =>
    [
        .. scorers.Select((scorer, column) => new ScoreColumn(
            scorer.Installed.Export.RestoreFirst, scorer.Installed.Export.Comparability, [.. rows.Select(row => row[column].Value)])),
    ];

    /// <summary>The tensors whose scores can be compared with each other; without those that have none.</summary>
    /// <param name="modules">The module type of each tensor.</param>
    public IEnumerable<int[]> Comparable(IReadOnlyList<string> modules) =>
        Enumerable.Range(0, Values.Count).Where(tensor => !double.IsNaN(Values[tensor]))
            .GroupBy(tensor => Comparability == ScoreComparability.Global ? "" : modules[tensor], (_, tensors) => tensors.ToArray());

    /// <summary>Each tensor's place among those it can be compared with, from 1 for the first to
    /// restore; 0 where there is no score.</summary>
    /// <param name="modules">The module type of each tensor.</param>
    public int[] Places(IReadOnlyList<string> modules)
    {
        int[] places = new int[Values.Count];
        double sign = RestoreFirst == RestoreFirst.Highest ? -1 : 1;
        foreach (int[] group in Comparable(modules))
        {
            foreach ((int place, int tensor) in group.OrderBy(tensor => sign * Values[tensor]).Index())
            {
                places[tensor] = place + 1;
            }
        }

        return places;
    }
}
