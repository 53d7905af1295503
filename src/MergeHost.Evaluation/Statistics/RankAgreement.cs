using MergeHost.Kernels.Methods;
using MergeHost.Reports;

namespace MergeHost.Evaluation.Statistics;

/// <summary>Spearman's rank correlation of two measures of units of several kinds, where only units of one kind can be compared.</summary>
/// <remarks>
/// Both measures are turned into ranks from 0 to 1 within each kind, and the ranks' distances from the kind's mean are correlated over all
/// units. With a single kind this is Spearman's ρ. A kind with a single unit says nothing and is left out.
/// </remarks>
internal static class RankAgreement
{
    private const int Shuffles = 10_000;

    /// <summary>The correlation, and how often chance does as well.</summary>
    /// <param name="kinds">The kind of each unit.</param>
    /// <param name="first">One measure of each unit.</param>
    /// <param name="second">The other.</param>
    /// <returns><see langword="null"/> where a measure is the same for all units of a kind, for every kind.</returns>
    public static RankCorrelation? Of(IReadOnlyList<string> kinds, IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        (double[][] a, double[][] b) = Ranks(kinds, first, second);
        if (Rho(a, b) is not { } rho)
        {
            return null;
        }

        // Products of the same ranks in another order differ in their last digits.
        double asGood = Product(a, b) - (1e-9 * Scale(a, b));
        Random random = new(1);
        int asOften = 0;
        for (int shuffle = 0; shuffle < Shuffles; shuffle++)
        {
            Array.ForEach(a, random.Shuffle);
            asOften += Product(a, b) >= asGood ? 1 : 0;
        }

        return new RankCorrelation(rho, (double)asOften / Shuffles, a.Sum(group => group.Length));
    }

    /// <summary>The correlation alone.</summary>
    /// <inheritdoc cref="Of"/>
    public static double? Rho(IReadOnlyList<string> kinds, IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        (double[][] a, double[][] b) = Ranks(kinds, first, second);
        return Rho(a, b);
    }

    private static double? Rho(double[][] a, double[][] b) => Scale(a, b) is var scale && scale == 0 ? null : Product(a, b) / scale;

    private static double Scale(double[][] a, double[][] b) => Math.Sqrt(Product(a, a) * Product(b, b));

    private static (double[][] First, double[][] Second) Ranks(IReadOnlyList<string> kinds, IReadOnlyList<double> first,
        IReadOnlyList<double> second)
    {
        int[][] groups = [.. Enumerable.Range(0, kinds.Count).GroupBy(unit => kinds[unit]).Where(kind => kind.Count() > 1)
            .Select(kind => kind.ToArray())];
        return ([.. groups.Select(group => Centered(group, first))], [.. groups.Select(group => Centered(group, second))]);
    }

    private static double[] Centered(int[] group, IReadOnlyList<double> measure) =>
        [.. ScaledRanks.Of([.. group.Select(unit => measure[unit])]).Select(rank => rank - 0.5)];

    private static double Product(double[][] a, double[][] b)
    {
        double sum = 0;
        for (int group = 0; group < a.Length; group++)
        {
            for (int unit = 0; unit < a[group].Length; unit++)
            {
                sum += a[group][unit] * b[group][unit];
            }
        }

        return sum;
    }
}
