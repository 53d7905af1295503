namespace MergeHost.Evaluation.Statistics;

/// <summary>How far values of several seeds lie apart.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their deviation.</param>
/// <param name="Low">The lower end of the mean's interval.</param>
/// <param name="High">Its upper end.</param>
internal sealed record Spread(double Mean, double Deviation, double Low, double High)
{
    /// <summary>The spread of values, with Student's interval.</summary>
    /// <param name="values">The values, at least two.</param>
    /// <param name="confidence">In (0, 1).</param>
    public static Spread Of(IReadOnlyList<double> values, double confidence = 0.95)
    {
        double mean = values.Average();
        double error = StandardErrors.Of(values);
        double half = SpecialFunctions.StudentQuantile((1 + confidence) / 2, values.Count - 1) * error;
        return new Spread(mean, error * Math.Sqrt(values.Count), mean - half, mean + half);
    }
}
