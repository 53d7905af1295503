using MergeHost.Kernels.Methods;

namespace MergeHost.Scoring;

/// <summary>Chooses tensors by their scores.</summary>
/// <remarks>
/// Of a single scorer the scores themselves decide. Scores that cannot be compared are turned into ranks from 0 to 1 first: those of
/// several scorers, of which the mean is taken, and those that compare only within a module type where layers are chosen. A layer has
/// the mean of its matrices.
/// </remarks>
internal sealed class Selector(SelectionPlan plan, IReadOnlyList<LayerScore[]> rows)
{
    private readonly IReadOnlyList<ScorePair> _pairs = plan.Pairs;

    /// <summary>How many candidates a fraction is: rounded up, but not for the last digit of a product such as 0.1 · 30.</summary>
    public static int Count(int candidates, double fraction) => (int)Math.Ceiling((fraction * candidates) - 1e-9);

    /// <summary>One choice a pair, in the same order.</summary>
    public IReadOnlyList<TensorChoice> Choose()
    {
        bool isByLayer = _pairs.Count > 0 && plan.OptionsOf(_pairs[0].Name).Unit == SelectionUnit.Layer;
        double[] scores = Scores(isByLayer);
        HashSet<int> chosen = [.. isByLayer ? ChooseLayers(scores) : ChooseModules(scores)];
        return [.. _pairs.Select((pair, row) => new TensorChoice(pair, double.IsNaN(scores[row]) ? null : scores[row], chosen.Contains(row)))];
    }

    private IEnumerable<int> ChooseModules(double[] scores) => Scored(scores).GroupBy(row => _pairs[row].Module)
        .SelectMany(module => Choose([.. module], row => scores[row], plan.OptionsOf(_pairs[module.First()].Name)));

    private IEnumerable<int> ChooseLayers(double[] scores)
    {
        List<IGrouping<int?, int>> layers = [.. Scored(scores).Where(row => _pairs[row].Layer is not null).GroupBy(row => _pairs[row].Layer)];
        double[] means = [.. layers.Select(layer => layer.Average(row => scores[row]))];
        if (layers.Count == 0)
        {
            return [];
        }

        HashSet<int?> chosen =
            [.. Choose([.. Enumerable.Range(0, layers.Count)], layer => means[layer], plan.OptionsOf(_pairs[layers[0].First()].Name)).Select(layer => layers[layer].Key)];
        return Enumerable.Range(0, _pairs.Count).Where(row => _pairs[row].Layer is not null && chosen.Contains(_pairs[row].Layer));
    }

    // Of equal scores the earlier tensor goes first.
    private IEnumerable<int> Choose(List<int> candidates, Func<int, double> score, SelectionOptions options)
    {
        double sign = (options.Restore ?? StandardOrder) == RestoreFirst.Highest ? 1 : -1;
        if (options.Threshold is { } threshold)
        {
            return candidates.Where(candidate => sign * score(candidate) >= sign * threshold);
        }

        return candidates.OrderByDescending(candidate => sign * score(candidate)).Take(Count(candidates.Count, options));
    }

    private static int Count(int candidates, SelectionOptions options) =>
        options.Top ?? Count(candidates, options.Fraction ?? options.Policy?.Fraction() ?? 0);

    private RestoreFirst StandardOrder => plan.Scorers.Count == 1 ? plan.Scorers[0].Installed.Export.RestoreFirst : RestoreFirst.Highest;

    private static IEnumerable<int> Scored(double[] scores) => Enumerable.Range(0, scores.Length).Where(row => !double.IsNaN(scores[row]));

    private double[] Scores(bool isByLayer)
    {
        if (plan.Scorers.Count > 1)
        {
            double[][] ranks = [.. plan.Scorers.Select((scorer, column) => Ranks(scorer, column, isOriented: true))];
            return [.. _pairs.Select((_, row) => ranks.Average(column => column[row]))];
        }

        return isByLayer && plan.Scorers[0].Installed.Export.Comparability == ScoreComparability.WithinRole
            ? Ranks(plan.Scorers[0], 0, isOriented: false)
            : Column(0);
    }

    private double[] Column(int column) => [.. rows.Select(row => row[column].Value)];

    // Oriented, 1 is what the scorer would restore first.
    private double[] Ranks(BoundScorer scorer, int column, bool isOriented)
    {
        double[] values = Column(column);
        double sign = isOriented && scorer.Installed.Export.RestoreFirst == RestoreFirst.Lowest ? -1 : 1;
        double[] ranks = [.. values.Select(_ => double.NaN)];
        foreach (IGrouping<string, int> group in ScoreRunner.Comparable(scorer, _pairs, row => values[row]))
        {
            foreach ((int row, double rank) in group.Zip(ScaledRanks.Of([.. group.Select(row => sign * values[row])])))
            {
                ranks[row] = rank;
            }
        }

        return ranks;
    }
}
