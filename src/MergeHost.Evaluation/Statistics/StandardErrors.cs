namespace MergeHost.Evaluation.Statistics;

/// <summary>Standard errors of means.</summary>
internal static class StandardErrors
{
    /// <summary>Of independent values; 0 for a single one.</summary>
    public static double Of(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return values.Count < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1.0) / values.Count);
    }

    /// <summary>Of values that depend on each other within clusters: <c>√(Σ (Σ residuals of a cluster)²) / n</c>.</summary>
    /// <param name="values">The values.</param>
    /// <param name="clusters">Of each value its cluster.</param>
    /// <seealso href="https://arxiv.org/abs/2411.00640"/>
    public static double Clustered(IReadOnlyList<double> values, IReadOnlyList<string> clusters)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Zip(clusters).GroupBy(pair => pair.Second)
            .Sum(cluster => Math.Pow(cluster.Sum(pair => pair.First - mean), 2))) / values.Count;
    }
}
