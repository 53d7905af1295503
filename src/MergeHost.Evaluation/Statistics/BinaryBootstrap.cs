namespace MergeHost.Evaluation.Statistics;

/// <summary>The paired bootstrap of answers that are right or wrong, exactly: what infinitely many draws would give.</summary>
/// <remarks>An item that is drawn adds 1, −1 or 0 to the difference, so that the sum of n draws has
/// a distribution that can be counted.</remarks>
internal static class BinaryBootstrap
{
    /// <summary>The middle of what draws give.</summary>
    /// <param name="onlyFirst">On how many items only the first is right.</param>
    /// <param name="onlySecond">On how many items only the second is right.</param>
    /// <param name="items">How many items there are, at least one.</param>
    /// <param name="confidence">In (0, 1).</param>
    public static (double Low, double High) Interval(int onlyFirst, int onlySecond, int items, double confidence = 0.95)
    {
        SortedDictionary<int, double> shares = Distribution(onlyFirst, onlySecond, items);
        return (Quantile(shares, (1 - confidence) / 2) / (double)items, Quantile(shares, (1 + confidence) / 2) / (double)items);
    }

    /// <summary>How often draws give at most no difference.</summary>
    public static double ShareAtMostZero(int onlyFirst, int onlySecond, int items) =>
        Distribution(onlyFirst, onlySecond, items).TakeWhile(sum => sum.Key <= 0).Sum(sum => sum.Value);

    // Of the n draws, some fall on items that differ, and of these some on the first's.
    private static SortedDictionary<int, double> Distribution(int onlyFirst, int onlySecond, int items)
    {
        SortedDictionary<int, double> shares = [];
        int differing = onlyFirst + onlySecond;
        foreach ((int drawn, double weight) in Binomial(items, (double)differing / items))
        {
            foreach ((int first, double share) in Binomial(drawn, differing == 0 ? 0 : (double)onlyFirst / differing))
            {
                int sum = (2 * first) - drawn;
                shares[sum] = shares.GetValueOrDefault(sum) + (weight * share);
            }
        }

        return shares;
    }

    // Those counts whose share matters.
    private static IEnumerable<(int Count, double Share)> Binomial(int total, double share)
    {
        if (share is 0 or 1 || total == 0)
        {
            return [(share == 1 ? total : 0, 1)];
        }

        double spread = 12 * Math.Sqrt(total * share * (1 - share)) + 12;
        int low = (int)Math.Max(0, (total * share) - spread);
        int high = (int)Math.Min(total, (total * share) + spread);
        double all = SpecialFunctions.LogGamma(total + 1);
        return Enumerable.Range(low, high - low + 1).Select(count => (count, Math.Exp(
            all - SpecialFunctions.LogGamma(count + 1) - SpecialFunctions.LogGamma(total - count + 1) + (count * Math.Log(share))
                + ((total - count) * Math.Log(1 - share)))));
    }

    // The least value whose cumulated weight reaches the share.
    private static int Quantile(SortedDictionary<int, double> shares, double share)
    {
        double sum = 0;
        foreach ((int value, double weight) in shares)
        {
            sum += weight;
            if (sum >= share - 1e-12)
            {
                return value;
            }
        }

        return shares.Keys.Last();
    }
}
