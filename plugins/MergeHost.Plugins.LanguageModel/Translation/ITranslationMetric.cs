namespace MergeHost.Plugins.LanguageModel.Translation;

/// <summary>A metric of texts against what they should be: of each text counts, and of their sums a score.</summary>
internal interface ITranslationMetric
{
    /// <summary>The counts of a text.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="references">What it should be, at least one way.</param>
    double[] Counts(string text, IReadOnlyList<string> references);

    /// <summary>The score of added counts, in points of 100.</summary>
    double Score(double[] counts);
}

/// <summary>Runs of items.</summary>
internal static class Grams
{
    /// <summary>How often each run of a length comes.</summary>
    public static Dictionary<string, int> Count(IReadOnlyList<string> items, int length)
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i + length <= items.Count; i++)
        {
            string gram = string.Join('\u0001', items.Skip(i).Take(length));
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }

    /// <summary>How many runs both have.</summary>
    public static int Both(Dictionary<string, int> left, Dictionary<string, int> right) =>
        left.Sum(gram => Math.Min(gram.Value, right.GetValueOrDefault(gram.Key)));
}
