using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Statistics;

namespace MergeHost.Evaluation.Studies;

/// <summary>Compares all merges of a study with base and best expert, and with each other, as one table of many comparisons.</summary>
internal static class StudyStandings
{
    private const double Level = 0.05;

    /// <summary>The standings: of each kind of task one table, which is corrected for itself.</summary>
    /// <param name="merges">The merges with their stages.</param>
    /// <param name="models">What they were made of.</param>
    public static IReadOnlyList<StudyStanding> Of(IReadOnlyList<(StudyStage Stage, StudyMerge Merge)> merges, StudyModels models)
    {
        IEnumerable<Aggregation> kinds =
            merges.SelectMany(entry => entry.Merge.Model.Tasks.Where(HasItems).Select(task => task.Main.Aggregation)).Distinct().Order();
        return [.. kinds.SelectMany(kind => Of(merges, models, kind))];
    }

    private static IEnumerable<StudyStanding> Of(IReadOnlyList<(StudyStage Stage, StudyMerge Merge)> merges, StudyModels models,
        Aggregation kind)
    {
        double[][] scores = [.. merges.Select(entry => Means(entry.Merge.Model, ItemSplit.Test))];
        MeasuredModel[] experts = [.. merges.Select(entry => models.Of(entry.Merge.Letters).Experts
            .MaxBy(expert => Means(expert, ItemSplit.Development)[0])!)];
        CorrectedDifference[] overBase = Correct([.. merges.Zip(scores,
            (entry, own) => Difference(own, Means(models.Of(entry.Merge.Letters).Base, ItemSplit.Test)))]);
        CorrectedDifference[] overExpert = Correct([.. experts.Zip(scores,
            (expert, own) => Difference(own, Means(expert, ItemSplit.Test)))]);
        HashSet<int> tied =
        [
            .. Enumerable.Range(0, merges.Count).GroupBy(index => (merges[index].Stage, merges[index].Merge.Letters))
                .SelectMany(same => Tied([.. same], scores)),
        ];
        return merges.Select((entry, index) => new StudyStanding(
            entry.Stage.Name, entry.Merge.Name, entry.Merge.Candidate.Setting.Values,
            kind == Aggregation.Perplexity ? "perplexity" : "accuracy",
            overBase[index], experts[index].Name, overExpert[index], tied.Contains(index)));

        // The mean over tasks, of all items at 0 and then of each draw.
        double[] Means(MeasuredModel model, ItemSplit split)
        {
            double[][] tasks = [.. model.Tasks.Where(task => task.Main.Aggregation == kind && HasItems(task))
                .Select(task => task.Scores(split)).Where(values => values.Length > 0)];
            return tasks.Length == 0 ? [0] : [.. tasks[0].Select((_, draw) => tasks.Average(values => values[draw]))];
        }
    }

    // The best of some merges, and those that it is not surely better than.
    private static IEnumerable<int> Tied(int[] merges, double[][] scores)
    {
        int best = merges.MaxBy(index => scores[index][0]);
        CorrectedDifference[] differences = Correct([.. merges.Select(index => Difference(scores[best], scores[index]))],
            except: Array.IndexOf(merges, best));
        return merges.Where((index, place) => index == best || differences[place].Holm >= Level);
    }

    private static CorrectedDifference Difference(double[] own, double[] other)
    {
        double value = own[0] - other[0];
        double[] draws = [.. own.Zip(other, (a, b) => a - b).Skip(1).Order()];
        double deviation = draws.Length == 0 ? 0 : StandardErrors.Of(draws) * Math.Sqrt(draws.Length);
        double probability = value == 0 ? 1 : deviation == 0 ? 0 : 2 * SpecialFunctions.NormalTail(Math.Abs(value) / deviation);
        (double low, double high) = Bootstrap.Middle(draws) ?? (value, value);
        return new CorrectedDifference(value, low, high, probability, probability, probability);
    }

    // One comparison may be with itself, and is none.
    private static CorrectedDifference[] Correct(CorrectedDifference[] differences, int except = -1)
    {
        int[] compared = [.. Enumerable.Range(0, differences.Length).Where(index => index != except)];
        double[] probabilities = [.. compared.Select(index => differences[index].Probability)];
        double[] holm = ManyComparisons.Holm(probabilities);
        double[] discovery = ManyComparisons.BenjaminiHochberg(probabilities);
        foreach ((int place, int index) in compared.Index())
        {
            differences[index] = differences[index] with { Holm = holm[place], FalseDiscovery = discovery[place] };
        }

        return differences;
    }

    private static bool HasItems(MeasuredTask task) => task.Scores(ItemSplit.Test).Length > 0;
}
