using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Activations;

/// <summary>Sums over the inputs of one weight, or of several that have the same, in float64.</summary>
internal sealed class InputSums(int inputs, bool hasGram)
{
    private readonly double[] _magnitudes = new double[inputs];
    private readonly double[] _squares = new double[inputs];
    private readonly Matrix<double>? _products = hasGram ? new Matrix<double>(inputs, inputs) : null;
    private long _count;

    /// <summary>Memory that sums take, with room for those of a part.</summary>
    public static long Needed(long inputs, bool hasGram) => sizeof(double) * ((2 * inputs) + (hasGram ? 2 * inputs * inputs : 0));

    /// <summary>Adds inputs, one a row.</summary>
    public void Add(Matrix<float> rows, ILinearAlgebra algebra)
    {
        Matrix<double> wide = new(rows.Rows, rows.Columns);
        TensorPrimitives.ConvertTruncating<float, double>(rows.Elements.Span, wide.Elements.Span);
        double[] magnitudes = new double[inputs];
        for (int row = 0; row < wide.Rows; row++)
        {
            TensorPrimitives.Abs<double>(wide.Row(row), magnitudes);
            TensorPrimitives.Add<double>(_magnitudes, magnitudes, _magnitudes);
            TensorPrimitives.MultiplyAdd<double>(wide.Row(row), wide.Row(row), _squares, _squares);
        }

        if (_products is { } products)
        {
            TensorPrimitives.Add<double>(products.Elements.Span, algebra.Product(wide, wide, transposeA: true).Elements.Span,
                products.Elements.Span);
        }

        _count += rows.Rows;
    }

    /// <summary>The means of what was added, at least one, in the order of <see cref="StatisticsLayout"/>.</summary>
    public IEnumerable<float[]> Means() => new[] { _magnitudes, _squares, _products?.Elements.ToArray() }.OfType<double[]>().Select(Mean);

    private float[] Mean(double[] sums) => [.. sums.Select(sum => (float)(sum / _count))];
}
