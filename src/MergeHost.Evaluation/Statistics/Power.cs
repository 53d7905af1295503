namespace MergeHost.Evaluation.Statistics;

/// <summary>What a comparison could show before it is made.</summary>
internal static class Power
{
    /// <summary>The least difference of two models that so many paired items show: <c>(z(1 − α/2) + z(power))·σ/√n</c>.</summary>
    /// <param name="items">How many items, at least one.</param>
    /// <param name="deviation">The deviation of the paired differences of items.</param>
    /// <param name="alpha">How often a difference is seen where there is none.</param>
    /// <param name="power">How often the difference is seen where it is there.</param>
    public static double LeastDifference(double items, double deviation, double alpha = 0.05, double power = 0.8) =>
        (SpecialFunctions.NormalQuantile(1 - (alpha / 2)) + SpecialFunctions.NormalQuantile(power)) * deviation / Math.Sqrt(items);

    /// <summary>How many paired items show a difference.</summary>
    public static double ItemsFor(double difference, double deviation, double alpha = 0.05, double power = 0.8) =>
        Math.Ceiling(Math.Pow(LeastDifference(1, deviation, alpha, power) / difference, 2));
}
