using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;

namespace MergeHost.Evaluation.Prediction;

/// <summary>What texts tell of a merge before it is measured, on the development items.</summary>
/// <remarks>An expert's texts are those that it knows better than the base and the other experts do, or if there are
/// none, the one on which it gained most.</remarks>
internal static class TextFeatures
{
    /// <summary>The features; none without texts.</summary>
    /// <param name="base">The base.</param>
    /// <param name="experts">The experts, at least two.</param>
    /// <param name="middle">Their mean.</param>
    public static Dictionary<string, double> Of(MeasuredModel @base, IReadOnlyList<MeasuredModel> experts, MeasuredModel middle)
    {
        int[] texts = [.. Texts(@base)];
        if (texts.Length == 0)
        {
            return [];
        }

        double[] before = Losses(@base);
        double[][] losses = [.. experts.Select(Losses)];
        int[][] own = [.. losses.Select(Own)];
        return new Dictionary<string, double>
        {
            [FeatureNames.BaseLoss] = own.Average(mine => mine.Average(text => before[text])),
            [FeatureNames.Damage] = losses.Index().Average(expert => own.Index().Where(other => other.Index != expert.Index)
                .Average(other => other.Item.Average(text => expert.Item[text] - before[text]))),
            [FeatureNames.Barrier] = Losses(middle).Average() - losses.Average(expert => expert.Average()),
        };

        double[] Losses(MeasuredModel model) => [.. texts.Select(task => TaskScore.Loss(model, task))];

        int[] Own(double[] mine)
        {
            int[] best = [.. mine.Index()
                .Where(text => text.Item < before[text.Index] && losses.All(other => other == mine || text.Item < other[text.Index]))
                .Select(text => text.Index)];
            return best.Length > 0 ? best : [Enumerable.Range(0, mine.Length).MinBy(text => mine[text] - before[text])];
        }
    }

    /// <summary>The tasks of a model that are texts with development items.</summary>
    public static IEnumerable<int> Texts(MeasuredModel model) => Enumerable.Range(0, model.Tasks.Count)
        .Where(task => model.Tasks[task].Main.Aggregation == Aggregation.Perplexity
            && ItemSplit.Development.Indices(model.Tasks[task].Main).Length > 0);
}
