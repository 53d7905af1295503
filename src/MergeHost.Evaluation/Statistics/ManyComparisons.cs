namespace MergeHost.Evaluation.Statistics;

/// <summary>Probabilities that are corrected for how many comparisons are made.</summary>
internal static class ManyComparisons
{
    /// <summary>Holm's: the chance that any of those below a level is false is at most the level.</summary>
    /// <returns>In the order of <paramref name="probabilities"/>.</returns>
    public static double[] Holm(IReadOnlyList<double> probabilities)
    {
        double[] corrected = new double[probabilities.Count];
        double most = 0;
        foreach ((int place, int index) in Order(probabilities).Index())
        {
            most = Math.Max(most, Math.Min(1, (probabilities.Count - place) * probabilities[index]));
            corrected[index] = most;
        }

        return corrected;
    }

    /// <summary>Benjamini and Hochberg's: of those below a level at most that share is false, on average.</summary>
    /// <returns>In the order of <paramref name="probabilities"/>.</returns>
    public static double[] BenjaminiHochberg(IReadOnlyList<double> probabilities)
    {
        double[] corrected = new double[probabilities.Count];
        double least = 1;
        foreach ((int place, int index) in Order(probabilities).Index().Reverse())
        {
            least = Math.Min(least, probabilities[index] * probabilities.Count / (place + 1.0));
            corrected[index] = least;
        }

        return corrected;
    }

    private static IEnumerable<int> Order(IReadOnlyList<double> probabilities) =>
        Enumerable.Range(0, probabilities.Count).OrderBy(index => probabilities[index]);
}
