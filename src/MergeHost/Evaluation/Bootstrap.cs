namespace MergeHost.Evaluation;

/// <summary>Intervals by drawing items again and again, with replacement: 1,000 draws from a fixed seed, and the middle 95 % of what they give.</summary>
/// <remarks>All models are measured on the same draws, so that the interval of a difference is that of paired items.</remarks>
internal static class Bootstrap
{
    private const int Draws = 1000;

    /// <summary>The intervals of some numbers that are computed from the items of several tasks.</summary>
    /// <param name="counts">How many items each task has.</param>
    /// <param name="numbers">Computes the numbers from a draw of each task; NaN for one that has no value.</param>
    /// <returns>An interval for each number; <see langword="null"/> for one that has no value in any draw.</returns>
    public static IReadOnlyList<(double Low, double High)?> Intervals(IReadOnlyList<int> counts, Func<IReadOnlyList<int[]>, double[]> numbers)
    {
        Random random = new(1);
        List<double[]> found = [];
        for (int draw = 0; draw < Draws; draw++)
        {
            found.Add(numbers([.. counts.Select(count => Enumerable.Range(0, count).Select(_ => random.Next(count)).ToArray())]));
        }

        return [.. Enumerable.Range(0, found[0].Length).Select(index => Middle([.. found.Select(values => values[index]).Where(value => !double.IsNaN(value)).Order()]))];
    }

    private static (double Low, double High)? Middle(double[] ascending) => ascending.Length == 0
        ? null
        : (ascending[(int)(0.025 * (ascending.Length - 1))], ascending[(int)Math.Ceiling(0.975 * (ascending.Length - 1))]);
}
