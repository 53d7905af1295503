using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;

namespace MergeHost.Evaluation.Prediction;

/// <summary>How a merge came out, on the test items.</summary>
internal static class MergeOutcomes
{
    public const string Texts = "texts";
    public const string Emergence = "emergence";
    public const string Questions = "questions";

    /// <summary>All outcomes with what they are; above 0 the merge is better than its base and every expert.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> All { get; } =
    [
        (Texts, "mean loss on all texts below that of the best of base and experts (nats)"),
        (Emergence, "loss below that of the best of base and experts for each text by itself, mean (nats)"),
        (Questions, "share of right answers above that of the best of base and experts (points)"),
    ];

    /// <summary>The outcomes that the suite has tasks for.</summary>
    public static Dictionary<string, double> Of(MeasuredModel merge, MeasuredModel @base, IReadOnlyList<MeasuredModel> experts)
    {
        MeasuredModel[] parents = [@base, .. experts];
        int[] texts = [.. Tasks(isText: true)];
        int[] questions = [.. Tasks(isText: false)];
        Dictionary<string, double> outcomes = [];
        if (texts.Length > 0)
        {
            outcomes.Add(Texts, parents.Min(model => texts.Average(task => Loss(model, task))) - texts.Average(task => Loss(merge, task)));
            outcomes.Add(Emergence, texts.Average(task => parents.Min(model => Loss(model, task)) - Loss(merge, task)));
        }

        if (questions.Length > 0)
        {
            outcomes.Add(Questions,
                100 * (questions.Average(task => Value(merge, task))
                    - parents.Max(model => questions.Average(task => Value(model, task)))));
        }

        return outcomes;

        IEnumerable<int> Tasks(bool isText) => Enumerable.Range(0, merge.Tasks.Count).Where(task =>
            (merge.Tasks[task].Main.Aggregation == Aggregation.Perplexity) == isText
                && ItemSplit.Test.Indices(merge.Tasks[task].Main).Length > 0);
    }

    private static double Loss(MeasuredModel model, int task) => Math.Log(Value(model, task));

    private static double Value(MeasuredModel model, int task)
    {
        TaskResult result = model.Tasks[task].Main;
        return TaskScore.Value(result, ItemSplit.Test.Indices(result));
    }
}
