using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using MergeHost.Benchmarks;

namespace MergeHost.Evaluation.Metrics;

/// <summary>Intervals by drawing items again and again, with replacement: 1,000 draws, and the middle 95 % of what they give.</summary>
/// <remarks>A task's draws are the same for all models, so that the interval of a difference is that of paired items.</remarks>
internal static class Bootstrap
{
    private const int Draws = 1000;

    /// <summary>The values of a result: of all items that take part first, and then of each draw of as many.</summary>
    /// <param name="task">The task's name, which tells its draws.</param>
    /// <param name="result">A result with items.</param>
    /// <param name="items">The indices of those that take part, at least one.</param>
    public static double[] Values(string task, TaskResult result, int[] items)
    {
        Random random = new((int)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(task)));
        double[] values = new double[1 + Draws];
        values[0] = TaskScore.Value(result, items);
        if (items.Any(item => result.Items[item].Cluster is not null))
        {
            DrawClusters(result, [.. items.GroupBy(item => result.Items[item].Cluster).Select(cluster => cluster.ToArray())], random,
                values);
            return values;
        }

        int[] draw = new int[items.Length];
        for (int i = 1; i <= Draws; i++)
        {
            for (int place = 0; place < draw.Length; place++)
            {
                draw[place] = items[random.Next(items.Length)];
            }

            values[i] = TaskScore.Value(result, draw);
        }

        return values;
    }

    // Items that are not independent are drawn together.
    private static void DrawClusters(TaskResult result, int[][] clusters, Random random, double[] values)
    {
        List<int> draw = [];
        for (int i = 1; i <= Draws; i++)
        {
            draw.Clear();
            for (int place = 0; place < clusters.Length; place++)
            {
                draw.AddRange(clusters[random.Next(clusters.Length)]);
            }

            values[i] = TaskScore.Value(result, CollectionsMarshal.AsSpan(draw));
        }
    }

    /// <summary>The intervals of some numbers that are computed from values of several tasks.</summary>
    /// <param name="numbers">Computes the numbers from a draw, by its place in <see cref="Values"/>; NaN for one that has no value.</param>
    /// <returns>An interval for each number; <see langword="null"/> for one that has no value in any draw.</returns>
    public static IReadOnlyList<(double Low, double High)?> Intervals(Func<int, double[]> numbers)
    {
        double[][] found = [.. Enumerable.Range(1, Draws).Select(numbers)];
        return [.. found[0]
            .Select((_, number) => Middle([.. found.Select(values => values[number]).Where(value => !double.IsNaN(value)).Order()]))];
    }

    /// <summary>The middle 95 % of draws; <see langword="null"/> of none.</summary>
    public static (double Low, double High)? Middle(double[] ascending) => ascending.Length == 0
        ? null
        : (ascending[(int)(0.025 * (ascending.Length - 1))], ascending[(int)Math.Ceiling(0.975 * (ascending.Length - 1))]);
}
