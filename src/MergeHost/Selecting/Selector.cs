using MergeHost.Plans;
using MergeHost.Recipes;
using MergeHost.Scoring;

namespace MergeHost.Selecting;

/// <summary>Chooses tensors by their scores.</summary>
internal sealed class Selector(SelectionPlan plan, IReadOnlyList<LayerScore[]> rows)
{
    private readonly IReadOnlyList<ScorePair> _pairs = plan.Pairs;
    private readonly SelectionScores _scores = new(ScoreColumn.Of(plan.Scorers, rows), [.. plan.Pairs.Select(pair => pair.Module)]);

    /// <summary>How many candidates a fraction is: rounded up, but not for the last digit of a product such as 0.1 · 30.</summary>
    public static int Count(int candidates, double fraction) => (int)Math.Ceiling((fraction * candidates) - 1e-9);

    /// <summary>One choice a pair, in the same order.</summary>
    public IReadOnlyList<TensorChoice> Choose()
    {
        IReadOnlyList<double> scores = _scores.OfTensors();
        HashSet<int> chosen = [.. _pairs.Count > 0 && plan.OptionsOf(_pairs[0].Name).Unit == SelectionUnit.Layer
            ? ChooseLayers()
            : ChooseModules(scores)];
        return [.. _pairs.Select((pair,
            row) => new TensorChoice(pair, double.IsNaN(scores[row]) ? null : scores[row], chosen.Contains(row)))];
    }

    private IEnumerable<int> ChooseModules(IReadOnlyList<double> scores) =>
        Enumerable.Range(0, scores.Count).Where(row => !double.IsNaN(scores[row])).GroupBy(row => _pairs[row].Module)
            .SelectMany(module => Choose([.. module], row => scores[row], plan.OptionsOf(_pairs[module.First()].Name)));

    // A layer is chosen with all its tensors. Which fields hold, the first tensor of the first layer tells.
    private IEnumerable<int> ChooseLayers()
    {
        IReadOnlyDictionary<int, double> scores = _scores.OfLayers([.. _pairs.Select(pair => pair.Layer)]);
        if (scores.Count == 0)
        {
            return [];
        }

        SelectionOptions options = plan.OptionsOf(_pairs.First(pair => scores.ContainsKey(pair.Layer ?? -1)).Name);
        HashSet<int> chosen = [.. Choose([.. scores.Keys], layer => scores[layer], options)];
        return Enumerable.Range(0, _pairs.Count).Where(row => chosen.Contains(_pairs[row].Layer ?? -1));
    }

    // Of equal scores the earlier goes first.
    private IEnumerable<int> Choose(List<int> candidates, Func<int, double> score, SelectionOptions options)
    {
        double sign = (options.Restore ?? _scores.Order) == RestoreFirst.Highest ? 1 : -1;
        if (options.Threshold is { } threshold)
        {
            return candidates.Where(candidate => sign * score(candidate) >= sign * threshold);
        }

        return candidates.OrderByDescending(candidate => sign * score(candidate)).Take(Count(candidates.Count, options));
    }

    private static int Count(int candidates, SelectionOptions options) =>
        options.Top ?? Count(candidates, options.Fraction ?? options.Policy?.Fraction() ?? 0);
}
