using System.Numerics.Tensors;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>Squares of lengths in float64, of a tensor or of each of its rows.</summary>
internal static class Lengths
{
    /// <summary>Measures two lengths, and treats the tensor by them.</summary>
    /// <param name="scope">Of what.</param>
    /// <param name="squares">Finds the two squares of a run of elements.</param>
    /// <param name="then">Given the two lengths of the tensor, or of each row.</param>
    public static Treatment Measure(ShapeScope scope, RunFunction squares, Func<IReadOnlyList<(double First, double Second)>, Treatment> then)
    {
        Statistic<IReadOnlyList<double>> statistic = scope == ShapeScope.Row ? Statistic.Rows(2, squares) : Statistic.Runs(2, squares);
        return Treatment.Measure([statistic], measured => then([.. measured.Of(statistic).Chunk(2).Select(pair => (Math.Sqrt(pair[0]), Math.Sqrt(pair[1])))]));
    }

    public static double Square(ReadOnlySpan<float> elements)
    {
        double sum = 0;
        foreach (float element in elements)
        {
            sum += (double)element * element;
        }

        return sum;
    }

    public static double SquareOfDifference(ReadOnlySpan<float> after, ReadOnlySpan<float> before)
    {
        Span<float> differences = stackalloc float[256];
        double sum = 0;
        for (int first = 0; first < after.Length; first += differences.Length)
        {
            int count = Math.Min(differences.Length, after.Length - first);
            TensorPrimitives.Subtract(after.Slice(first, count), before.Slice(first, count), differences);
            sum += Square(differences[..count]);
        }

        return sum;
    }
}
