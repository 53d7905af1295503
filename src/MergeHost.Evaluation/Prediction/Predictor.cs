using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Statistics;

namespace MergeHost.Evaluation.Prediction;

/// <summary>Looks merges up among those of studies, and says what that is worth.</summary>
/// <remarks>
/// <para>
/// Alike are the nearest third of the merges, twenty at most, by the features that the merge has: each as its rank among all
/// merges, so that one wild merge moves no other; features that a merge of a study lacks are left out, and of the others the mean
/// square of the distances counts. What looking up is worth is measured by leaving out one expert after the other: the merges that
/// contain it are looked up among those that do not.
/// </para>
/// <para>
/// Merges of the same experts are not independent, so that intervals draw sets of experts, 1,000
/// times. Ranks are compared within studies alone.
/// </para>
/// </remarks>
internal sealed class Predictor
{
    private const int MostAlike = 20;
    private const int AlikeShare = 3;
    private const int Draws = 1000;

    private readonly IReadOnlyList<MergeExample> _examples;
    private readonly int[][] _sets;
    private readonly Dictionary<string, double[]> _known;

    /// <param name="examples">The merges of studies, at least one.</param>
    public Predictor(IReadOnlyList<MergeExample> examples)
    {
        _examples = examples;
        _sets = [.. Enumerable.Range(0, examples.Count).GroupBy(index => SetOf(examples[index])).Select(set => set.ToArray())];
        _known = FeatureNames.All.Select(feature => (feature.Name, Values: (double[])[.. Of(feature.Name).Order()]))
            .Where(feature => feature.Values.Distinct().Count() > 1)
                .ToDictionary(feature => feature.Name, feature => feature.Values);
    }

    /// <summary>Looks a merge up.</summary>
    /// <param name="recipe">Its name.</param>
    /// <param name="features">What is known of it.</param>
    public PredictionReport Predict(string recipe, IReadOnlyDictionary<string, double> features) => new(
        recipe,
        _examples.GroupBy(example => example.Study).ToDictionary(study => study.Key, study => study.Count()),
        [.. FeatureNames.All.Where(feature => Of(feature.Name).Any()).Select(feature => Describe(feature.Name, feature.Meaning, features))],
        [.. MergeOutcomes.All.Where(outcome => _examples.Any(example => example.Outcomes.ContainsKey(outcome.Name)))
            .Select(outcome => Look(outcome.Name, outcome.Meaning, features))]);

    private IEnumerable<double> Of(string feature) =>
        _examples.Where(example => example.Features.ContainsKey(feature)).Select(example => example.Features[feature]);

    private PredictedFeature Describe(string name, string meaning, IReadOnlyDictionary<string, double> features)
    {
        int[] known = [.. Enumerable.Range(0, _examples.Count).Where(index => _examples[index].Features.ContainsKey(name))];
        return new PredictedFeature(name, meaning, features.TryGetValue(name, out double value) ? value : null, Of(name).Min(),
            Of(name).Max(),
        [
            .. MergeOutcomes.All.Select(outcome => Correlate(
                outcome.Name,
                known.Where(index => _examples[index].Outcomes.ContainsKey(outcome.Name))
                    .Select(index => new Pair(index, _examples[index].Features[name], _examples[index].Outcomes[outcome.Name])))),
        ]);
    }

    private PredictedOutcome Look(string name, string meaning, IReadOnlyDictionary<string, double> features)
    {
        MergeExample[] known = [.. _examples.Where(example => example.Outcomes.ContainsKey(name))];
        MergeExample[] alike = Alike(features, known);
        (List<Pair> found, double skill) = LeaveOut(name, known, features);
        return new PredictedOutcome(
            name, meaning, alike.Length, alike.Count(IsBetter), known.Length, known.Count(IsBetter), Correlate(name, found),
            double.IsFinite(skill) ? skill : null);

        bool IsBetter(MergeExample example) => example.Outcomes[name] > 0;
    }

    // Each merge is looked up once for each of its experts, among the merges without that expert.
    private (List<Pair> Found, double Skill) LeaveOut(string outcome, MergeExample[] known, IReadOnlyDictionary<string, double> features)
    {
        List<Pair> found = [];
        (double own, double same) = (0, 0);
        foreach ((int index, MergeExample example) in _examples.Index().Where(entry => entry.Item.Outcomes.ContainsKey(outcome)))
        {
            Dictionary<string, double> ownFeatures = example.Features.Where(feature => features.ContainsKey(feature.Key)).ToDictionary();
            foreach (char expert in SetOf(example).Letters)
            {
                MergeExample[] others = [.. known.Where(other => other.Study != example.Study || !SetOf(other).Letters.Contains(expert))];
                if (Alike(ownFeatures, others) is { Length: > 0 } alike)
                {
                    double share = Share(alike);
                    double truth = example.Outcomes[outcome] > 0 ? 1 : 0;
                    found.Add(new Pair(index, share, example.Outcomes[outcome]));
                    own += Math.Pow(share - truth, 2);
                    same += Math.Pow(Share(others) - truth, 2);
                }
            }
        }

        return (found, 1 - (own / same));

        double Share(MergeExample[] merges) => (double)merges.Count(merge => merge.Outcomes[outcome] > 0) / merges.Length;
    }

    private MergeExample[] Alike(IReadOnlyDictionary<string, double> features, MergeExample[] among)
    {
        (string Name, double Rank)[] told = [.. features.Where(feature => _known.ContainsKey(feature.Key))
            .Select(feature => (feature.Key, Rank(feature.Key, feature.Value)))];
        int count = Math.Min(MostAlike, (among.Length + AlikeShare - 1) / AlikeShare);
        return told.Length == 0
            ? []
            : [.. among.Select(example => (example, Distance: Distance(example))).Where(near => double.IsFinite(near.Distance))
                .OrderBy(near => near.Distance).Take(count).Select(near => near.example)];

        double Distance(MergeExample example) => told.Where(feature => example.Features.ContainsKey(feature.Name))
            .Select(feature => Math.Pow(feature.Rank - Rank(feature.Name, example.Features[feature.Name]), 2)).DefaultIfEmpty(double.NaN)
            .Average();
    }

    // From 0 to 1: the share of all merges that have less, and half of those that have as much.
    private double Rank(string feature, double value)
    {
        double[] sorted = _known[feature];
        int less = CountWhile(sorted, other => other < value);
        return (less + ((CountWhile(sorted, other => other <= value) - less) / 2.0)) / sorted.Length;
    }

    // How many of the first hold; behind the first that does not, none does.
    private static int CountWhile(double[] sorted, Func<double, bool> holds)
    {
        (int low, int high) = (0, sorted.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = holds(sorted[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private FeatureWorth Correlate(string outcome, IEnumerable<Pair> pairs)
    {
        ILookup<int, Pair> known = pairs.ToLookup(pair => pair.Example);
        double? rho = Rho(_sets);
        Random random = new(1);
        double[] draws = [.. Enumerable.Range(0, Draws).Select(_ => Rho([.. _sets.Select(_ => _sets[random.Next(_sets.Length)])]))
            .OfType<double>().Order()];
        return rho is null || Bootstrap.Middle(draws) is not var (low, high)
            ? new FeatureWorth(outcome, rho, null, null)
            : new FeatureWorth(outcome, rho, low, high);

        double? Rho(IReadOnlyList<int[]> sets)
        {
            Pair[] drawn = [.. sets.SelectMany(set => set).SelectMany(index => known[index])];
            return RankAgreement.Rho([.. drawn.Select(pair => _examples[pair.Example].Study)], [.. drawn.Select(pair => pair.Feature)],
                [.. drawn.Select(pair => pair.Outcome)]);
        }
    }

    private static ExpertSet SetOf(MergeExample example) =>
        new(example.Study, string.Concat(example.Experts.Select(letter => char.ToUpperInvariant(letter[0])).Distinct().Order()));

    private readonly record struct Pair(int Example, double Feature, double Outcome);

    // Variants of an expert count as the expert.
    private readonly record struct ExpertSet(string Study, string Letters);
}
