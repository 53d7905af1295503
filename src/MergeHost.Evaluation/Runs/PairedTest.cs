using MergeHost.Evaluation.Statistics;

namespace MergeHost.Evaluation.Runs;

/// <summary>Two models on the same items: how far one is above the other, and whether that may be chance.</summary>
/// <param name="Count">How many items.</param>
/// <param name="Difference">The mean of the second less that of the first.</param>
/// <param name="Low">The lower end of the interval of a paired bootstrap.</param>
/// <param name="High">Its upper end.</param>
/// <param name="StandardError">Of the difference, from the pairs; over clusters where there are some.</param>
/// <param name="Probability">How likely a difference as large is by chance, two-sided.</param>
/// <param name="Test">The test: <c>McNemar</c> for right and wrong, <c>signs</c> for other values, <c>clusters</c> over clusters.</param>
internal sealed record PairedTest(int Count, double Difference, double Low, double High, double StandardError, double Probability,
    string Test)
{
    private const int Draws = 10_000;
    private const int ManyDraws = 100_000;
    private const int FewItems = 2_000;
    private const int MostExact = 20;

    /// <summary>Compares two models.</summary>
    /// <param name="first">The values of the first.</param>
    /// <param name="second">Those of the second, on the same items.</param>
    /// <param name="clusters">Of each item its cluster, or <see langword="null"/> if items are independent.</param>
    public static PairedTest Of(IReadOnlyList<double> first, IReadOnlyList<double> second, IReadOnlyList<string>? clusters = null)
    {
        double[] differences = [.. second.Zip(first, (b, a) => b - a)];
        double mean = differences.Average();
        if (clusters is not null)
        {
            return OfClusters(differences, mean, clusters);
        }

        double error = StandardErrors.Of(differences);
        if (first.Concat(second).All(value => value is 0 or 1))
        {
            int onlyFirst = differences.Count(difference => difference < 0);
            int onlySecond = differences.Count(difference => difference > 0);
            (double low, double high) = BinaryBootstrap.Interval(onlySecond, onlyFirst, differences.Length);
            return new PairedTest(differences.Length, mean, low, high, error, McNemar.Exact(onlyFirst, onlySecond), "McNemar");
        }

        (double Low, double High) drawn = Bootstrap(differences);
        return new PairedTest(differences.Length, mean, drawn.Low, drawn.High, error, SignPermutation(differences), "signs");
    }

    /// <summary>How likely a mean as far from zero is if each difference may as well have the other sign: exact up
    /// to 20 differences, else 10,000 draws.</summary>
    public static double SignPermutation(IReadOnlyList<double> differences)
    {
        double[] moved = [.. differences.Where(difference => difference != 0)];
        double wanted = Math.Abs(moved.Sum()) * (1 - 1e-12);
        if (moved.Length <= MostExact)
        {
            long all = 1L << moved.Length;
            long asFar = 0;
            for (long signs = 0; signs < all; signs++)
            {
                double sum = 0;
                for (int i = 0; i < moved.Length; i++)
                {
                    sum += ((signs >> i) & 1) == 0 ? moved[i] : -moved[i];
                }

                asFar += Math.Abs(sum) >= wanted ? 1 : 0;
            }

            return (double)asFar / all;
        }

        Random random = new(0);
        int found = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            foreach (double difference in moved)
            {
                sum += random.Next(2) == 0 ? difference : -difference;
            }

            found += Math.Abs(sum) >= wanted ? 1 : 0;
        }

        // The observed signs are one of the draws.
        return (found + 1.0) / (Draws + 1.0);
    }

    /// <summary>The middle 95 % of the means of draws with replacement.</summary>
    public static (double Low, double High) Bootstrap(IReadOnlyList<double> values)
    {
        Random random = new(0);
        double[] means = new double[values.Count <= FewItems ? ManyDraws : Draws];
        for (int draw = 0; draw < means.Length; draw++)
        {
            double sum = 0;
            for (int i = 0; i < values.Count; i++)
            {
                sum += values[random.Next(values.Count)];
            }

            means[draw] = sum / values.Count;
        }

        Array.Sort(means);
        return (means[(int)(0.025 * (means.Length - 1))], means[(int)Math.Ceiling(0.975 * (means.Length - 1))]);
    }

    private static PairedTest OfClusters(double[] differences, double mean, IReadOnlyList<string> clusters)
    {
        double error = StandardErrors.Clustered(differences, clusters);
        int freedom = clusters.Distinct().Count() - 1;
        double half = freedom < 1 || error == 0 ? 0 : SpecialFunctions.StudentQuantile(0.975, freedom) * error;
        double probability = mean == 0
            ? 1
            : error == 0 || freedom < 1 ? 0 : 2 * SpecialFunctions.StudentTail(Math.Abs(mean) / error, freedom);
        return new PairedTest(differences.Length, mean, mean - half, mean + half, error, probability, "clusters");
    }
}
