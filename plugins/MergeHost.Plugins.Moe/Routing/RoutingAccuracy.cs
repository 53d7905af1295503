namespace MergeHost.Plugins.Moe.Routing;

/// <summary>How many held-out tokens a router sends to the expert whose text they are from.</summary>
/// <param name="Share">The share that it does.</param>
/// <param name="Low">The lower end of the interval of 95 %.</param>
/// <param name="High">The upper end.</param>
/// <param name="Tokens">How many tokens were tried.</param>
internal sealed record RoutingAccuracy(double Share, double Low, double High, int Tokens)
{
    private const double Deviations = 1.959963984540054;

    /// <summary>The share over parts of texts, with Wilson's interval.</summary>
    /// <param name="parts">Of each part how many tokens were sent right, and how many it has; each has some.</param>
    /// <returns><see langword="null"/> without a part.</returns>
    /// <remarks>Tokens of a text are alike: they count as so many as would scatter as the parts do,
    /// as many as there are parts at least.</remarks>
    public static RoutingAccuracy? Of(IReadOnlyList<(int Right, int All)> parts)
    {
        int all = parts.Sum(part => part.All);
        if (all == 0)
        {
            return null;
        }

        double share = parts.Sum(part => part.Right) / (double)all;
        double spread = share * (1 - share);
        double variance = parts.Sum(part => Math.Pow(part.Right - (share * part.All), 2)) * parts.Count / Math.Max(1,
            parts.Count - 1) / all / all;
        double count = spread == 0 ? parts.Count : Math.Clamp(spread / variance, parts.Count, all);
        double scale = 1 + (Deviations * Deviations / count);
        double middle = (share + (Deviations * Deviations / (2 * count))) / scale;
        double half = Deviations * Math.Sqrt((spread + (Deviations * Deviations / (4 * count))) / count) / scale;
        return new RoutingAccuracy(share, Math.Max(0, middle - half), Math.Min(1, middle + half), all);
    }
}
