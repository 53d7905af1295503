using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>Lengths in float64, of a tensor or of each of its rows.</summary>
internal static class Lengths
{
    /// <summary>Measures two lengths, and treats the tensor by them.</summary>
    /// <param name="scope">Of what.</param>
    /// <param name="squares">Finds the two squares of a run of elements.</param>
    /// <param name="then">Given the two lengths of the tensor, or of each row.</param>
    public static Treatment Measure(ShapeScope scope, RunFunction squares,
        Func<IReadOnlyList<(double First, double Second)>, Treatment> then)
    {
        Statistic<IReadOnlyList<double>> statistic = scope == ShapeScope.Row ? Statistic.Rows(2, squares) : Statistic.Runs(2, squares);
        return Treatment.Measure([statistic],
            measured => then([.. measured.Of(statistic).Chunk(2).Select(pair => (Math.Sqrt(pair[0]), Math.Sqrt(pair[1])))]));
    }
}
