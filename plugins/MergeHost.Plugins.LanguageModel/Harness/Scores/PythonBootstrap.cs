using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>Errors by drawing items again and again, with the very draws of lm-evaluation-harness.</summary>
/// <remarks>Chunks of at most 1,000 draws, chunk i from <c>Random(i)</c>; the error is the deviation of what all draws give.</remarks>
internal static class PythonBootstrap
{
    private const int MostOfChunk = 1000;

    /// <summary>The error of a value of counts that are added up; <see langword="null"/> for a single item or no draws.</summary>
    public static double? Error(double[][] counts, Func<double[], double> value, int draws) => Error(counts.Length, indices =>
    {
        double[] sum = new double[counts[0].Length];
        foreach (int index in indices)
        {
            double[] one = counts[index];
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += one[i];
            }
        }

        return value(sum);
    }, draws);

    /// <summary>The error of a value of drawn items.</summary>
    /// <param name="items">How many items there are.</param>
    /// <param name="value">The value of a draw, given its items' indices; called from several threads.</param>
    /// <param name="draws">How many draws.</param>
    public static double? Error(int items, Func<int[], double> value, int draws)
    {
        if (items < 2 || draws < 2)
        {
            return null;
        }

        int chunk = Math.Min(MostOfChunk, draws);
        double[] found = new double[draws / chunk * chunk];
        Parallel.For(0, draws / chunk, number =>
        {
            PythonRandom random = new(number);
            int[] indices = new int[items];
            for (int draw = 0; draw < chunk; draw++)
            {
                random.Choose(items, indices);
                found[(number * chunk) + draw] = value(indices);
            }
        });
        double mean = found.Sum() / found.Length;
        return Math.Sqrt(found.Sum(one => (one - mean) * (one - mean)) / (found.Length - 1));
    }

    /// <summary>The sum of counts.</summary>
    public static double[] Sum(double[][] counts)
    {
        double[] sum = new double[counts[0].Length];
        foreach (double[] one in counts)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += one[i];
            }
        }

        return sum;
    }
}
