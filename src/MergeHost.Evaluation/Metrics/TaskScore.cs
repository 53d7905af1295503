using MergeHost.Benchmarks;

namespace MergeHost.Evaluation.Metrics;

/// <summary>Values and scores of task results, for all of their items or for a draw of them.</summary>
internal static class TaskScore
{
    /// <summary>The result's value for some of its items.</summary>
    /// <param name="result">A result with items.</param>
    /// <param name="draw">The items' indices; one may stand several times.</param>
    public static double Value(TaskResult result, ReadOnlySpan<int> draw)
    {
        double score = 0;
        double weight = 0;
        foreach (int index in draw)
        {
            score += result.Items[index].Score;
            weight += result.Items[index].Weight;
        }

        return result.Aggregation == Aggregation.Perplexity ? Math.Exp(-score / weight) : score / weight;
    }

    /// <summary>What a task costs a model on the development items: the mean negative log-likelihood in nats,
    /// or −ln of the share of right answers.</summary>
    public static double Loss(MeasuredModel model, int task)
    {
        TaskResult result = model.Tasks[task].Main;
        return -Math.Log(Math.Max(Of(result, Value(result, ItemSplit.Development.Indices(result))) / 100, 1e-9));
    }

    /// <summary>
    /// A value on the scale from 0 to 100 on which more is better: a share in percent; for a perplexity p, <c>100 / p</c>, the geometric
    /// mean of the probabilities of the tokens in percent.
    /// </summary>
    public static double Of(TaskResult result, double value) => result.Aggregation == Aggregation.Perplexity ? 100 / value : 100 * value;
}
