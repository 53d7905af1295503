using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Statistics;

namespace MergeHost.Evaluation.Runs;

/// <summary>Compares runs item by item: the first with each of the others, and all with the best.</summary>
internal static class RunComparer
{
    private const double Level = 0.05;

    // Of these less is better.
    private static readonly string[] _lessIsBetter = ["perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score",
        "ter"];

    /// <summary>Compares runs, at least two.</summary>
    /// <exception cref="MergeHostException">MH6002: they have nothing in common.</exception>
    public static RunComparison Compare(IReadOnlyList<Run> runs)
    {
        List<string> leftOut = [];
        List<Paired> pairs = [.. runs.Skip(1).SelectMany(other => Pair(runs[0], other, leftOut))];
        if (pairs.Count == 0)
        {
            throw new MergeHostException(new Problem(ErrorCodes.BadTaskData,
                $"'{runs[0].Name}' has no task, metric and item in common with the other runs",
                "Give runs of the same tasks; `--log_samples` keeps their items."), null);
        }

        double[] probabilities = [.. pairs.Select(pair => pair.Test.Probability)];
        double[] holm = ManyComparisons.Holm(probabilities);
        double[] discovery = ManyComparisons.BenjaminiHochberg(probabilities);
        return new RunComparison(
            [.. runs.Select(run => run.Name)], [.. pairs.Select((pair, index) => Result(pair, holm[index], discovery[index]))],
            runs.Count < 3 ? [] : [.. runs[0].Results.Keys.Select(key => Tie(runs, key)).OfType<TiedSet>()], leftOut);
    }

    private static IEnumerable<Paired> Pair(Run first, Run second, List<string> leftOut)
    {
        foreach (((string task, string metric), Dictionary<string, RunItem> items) in first.Results)
        {
            if (!second.Results.TryGetValue((task, metric), out Dictionary<string, RunItem>? others))
            {
                leftOut.Add($"{task} {metric}: '{second.Name}' does not have it");
                continue;
            }

            string[] ids = [.. items.Keys.Where(others.ContainsKey)];
            string? different = ids.FirstOrDefault(id => items[id].Hash is { } hash && others[id].Hash is { } other && hash != other);
            if (different is not null)
            {
                throw new MergeHostException(new Problem(ErrorCodes.BadTaskData,
                    $"task '{task}': item '{different}' of '{first.Name}' is not that of '{second.Name}'",
                    "Compare runs on the same data."), null);
            }

            if (ids.Length == 0)
            {
                leftOut.Add($"{task} {metric}: no item in common with '{second.Name}'");
                continue;
            }

            int missing = items.Count + others.Count - (2 * ids.Length);
            if (missing > 0)
            {
                leftOut.Add($"{task} {metric}: {missing} items that only one of '{first.Name}' and '{second.Name}' has");
            }

            yield return Compare(second.Name, task, metric, [.. ids.Select(id => items[id])], [.. ids.Select(id => others[id])]);
        }
    }

    private static Paired Compare(string run, string task, string metric, RunItem[] first, RunItem[] second)
    {
        // Sums are compared for each unit that they count.
        double mean = first.Average(item => item.Weight);
        double[] a = [.. first.Select(item => item.Score / mean)];
        double[] b = [.. second.Select(item => item.Score / mean)];
        string[]? clusters = first[0].Cluster is null ? null : [.. first.Select(item => item.Cluster!)];
        return new Paired(run, task, metric, a, b, PairedTest.Of(a, b, clusters));
    }

    private static PairedResult Result(Paired pair, double holm, double discovery)
    {
        PairedTest test = pair.Test;
        bool isRightOrWrong = pair.First.Concat(pair.Second).All(value => value is 0 or 1);
        double deviation = StandardErrors.Of([.. pair.Second.Zip(pair.First, (b, a) => b - a)]) * Math.Sqrt(test.Count);
        return new PairedResult(
            pair.Run, pair.Task, pair.Metric, test.Count, pair.First.Average(), pair.Second.Average(), test.Difference, test.Low, test.High,
            test.Probability, holm, discovery,
            test.Test, Power.LeastDifference(test.Count, deviation))
        {
            OnlyFirst = isRightOrWrong ? pair.First.Zip(pair.Second).Count(item => item.First > item.Second) : null,
            OnlySecond = isRightOrWrong ? pair.First.Zip(pair.Second).Count(item => item.First < item.Second) : null,
            FirstInterval = isRightOrWrong ? Wilson(pair.First) : null,
            SecondInterval = isRightOrWrong ? Wilson(pair.Second) : null,
        };
    }

    private static ShareInterval Wilson(double[] values)
    {
        (double low, double high) = Proportion.Wilson(values.Sum(), values.Length);
        return new ShareInterval(low, high);
    }

    private static TiedSet? Tie(IReadOnlyList<Run> runs, (string Task, string Metric) key)
    {
        Run[] having = [.. runs.Where(run => run.Results.ContainsKey(key))];
        string[] ids = [.. having.Select(run => run.Results[key].Keys.AsEnumerable())
            .Aggregate((known, others) => known.Intersect(others))];
        if (having.Length < 2 || ids.Length == 0)
        {
            return null;
        }

        // A sum of log-likelihoods is the better the greater it is.
        bool isLess = _lessIsBetter.Contains(key.Metric.Split(',')[0])
            && having.All(run => run.Results[key].Values.All(item => item.Weight == 1 && item.Score >= 0));
        RunItem[] Items(Run run) => [.. ids.Select(id => run.Results[key][id])];
        Run best = having.MaxBy(run => Items(run).Sum(item => item.Score) * (isLess ? -1 : 1))!;
        Run[] others = [.. having.Where(run => run != best)];
        double[] holm =
            ManyComparisons.Holm([.. others.Select(run =>
                Compare(run.Name, key.Task, key.Metric, Items(best), Items(run)).Test.Probability)]);
        return new TiedSet(key.Task, key.Metric, best.Name,
            [best.Name, .. others.Index().Where(run => holm[run.Index] >= Level).Select(run => run.Item.Name)]);
    }

    private sealed record Paired(string Run, string Task, string Metric, double[] First, double[] Second, PairedTest Test);
}
