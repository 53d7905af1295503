namespace MergeHost.Evaluation.Statistics;

/// <summary>Shares of right answers.</summary>
internal static class Proportion
{
    /// <summary>Wilson's interval, which also holds for few items and for none or all right.</summary>
    /// <param name="right">How many are right.</param>
    /// <param name="items">Of how many, at least one.</param>
    /// <param name="confidence">In (0, 1).</param>
    /// <seealso href="https://doi.org/10.1080/01621459.1927.10502953"/>
    public static (double Low, double High) Wilson(double right, double items, double confidence = 0.95)
    {
        double z = SpecialFunctions.NormalQuantile((1 + confidence) / 2);
        double share = right / items;
        double middle = (share + (z * z / (2 * items))) / (1 + (z * z / items));
        double half = z / (1 + (z * z / items)) * Math.Sqrt((share * (1 - share) / items) + (z * z / (4 * items * items)));
        return (Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
