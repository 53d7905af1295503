using MergeHost.Kernels.Methods;

namespace MergeHost.Scoring;

/// <summary>The numbers by which tensors or layers are chosen.</summary>
/// <remarks>
/// Of a single scorer the scores themselves decide. Scores that cannot be compared are turned into ranks from 0 to 1 first: those of
/// several scorers, of which the mean is taken, and those that compare only within a module type where layers are chosen. A layer has
/// the mean of its matrices.
/// </remarks>
/// <param name="columns">The scores of each scorer, at least one.</param>
/// <param name="modules">The module type of each tensor.</param>
internal sealed class SelectionScores(IReadOnlyList<ScoreColumn> columns, IReadOnlyList<string> modules)
{
    /// <summary>Which numbers are chosen first if nothing else is said.</summary>
    public RestoreFirst Order => columns.Count == 1 ? columns[0].RestoreFirst : RestoreFirst.Highest;

    /// <summary>The number of each tensor; NaN where there is none.</summary>
    public IReadOnlyList<double> OfTensors()
    {
        if (columns.Count == 1)
        {
            return columns[0].Values;
        }

        double[][] ranks = [.. columns.Select(column => Ranks(column, isOriented: true))];
        return [.. modules.Select((_, tensor) => ranks.Average(column => column[tensor]))];
    }

    /// <summary>The layers with their numbers, ascending; those without any score are left out.</summary>
    /// <param name="layers">The layer of each tensor.</param>
    public IReadOnlyDictionary<int, double> OfLayers(IReadOnlyList<int?> layers)
    {
        IReadOnlyList<double> scores = columns is [{ Comparability: ScoreComparability.WithinRole } column]
            ? Ranks(column, isOriented: false)
            : OfTensors();
        return layers.Index().Where(tensor => tensor.Item is not null && !double.IsNaN(scores[tensor.Index]))
            .GroupBy(tensor => tensor.Item!.Value, tensor => scores[tensor.Index]).OrderBy(layer => layer.Key)
            .ToDictionary(layer => layer.Key, layer => layer.Average());
    }

    // Oriented, 1 is what the scorer would restore first.
    private double[] Ranks(ScoreColumn column, bool isOriented)
    {
        double sign = isOriented && column.RestoreFirst == RestoreFirst.Lowest ? -1 : 1;
        double[] ranks = [.. modules.Select(_ => double.NaN)];
        foreach (int[] group in column.Comparable(modules))
        {
            foreach ((int tensor, double rank) in group.Zip(ScaledRanks.Of([.. group.Select(tensor => sign * column.Values[tensor])])))
            {
                ranks[tensor] = rank;
            }
        }

        return ranks;
    }
}
