namespace MergeHost.Kernels.Methods;

/// <summary>Ranks of numbers, scaled so that unlike measures can be added up.</summary>
public static class ScaledRanks
{
    /// <summary>The rank of each number, from 0 for the smallest to 1 for the largest; equal ones share their
    /// mean, and a single one stands at ½.</summary>
    /// <param name="values">None is NaN.</param>
    public static double[] Of(IReadOnlyList<double> values) =>
    [
        .. values.Select(value => values.Count == 1
            ? 0.5
            : (values.Count(other => other < value) + ((values.Count(other => other == value) - 1) / 2.0)) / (values.Count - 1)),
    ];
}
