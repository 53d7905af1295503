using System.Numerics.Tensors;

namespace MergeHost.Plugins.Moe.Routing;

/// <summary>Solves <c>(XᵀX / n + λI) w = v</c> for the rows of X, by the smaller of the two Gram matrices.</summary>
/// <remarks>With fewer rows than columns by <c>w = (v − Xᵀ (XXᵀ + nλI)⁻¹ X v) / λ</c>.</remarks>
internal sealed class RidgeSolver
{
    private readonly double[][] _rows;
    private readonly double _ridge;
    private readonly double[][] _factor;
    private readonly bool _isDual;

    /// <param name="rows">The rows of X.</param>
    /// <param name="ridge">λ, above 0.</param>
    public RidgeSolver(double[][] rows, double ridge)
    {
        (_rows, _ridge) = (rows, ridge);
        int width = rows.Length == 0 ? 0 : rows[0].Length;
        _isDual = rows.Length <= width;
        double[][] vectors = _isDual ? rows : [.. Enumerable.Range(0, width).Select(column => rows.Select(row => row[column]).ToArray())];
        double scale = _isDual ? 1 : 1.0 / rows.Length;
        _factor = Cholesky([.. vectors.Select((one, i) => vectors.Take(i + 1)
            .Select((other, j) => (scale * TensorPrimitives.Dot<double>(one, other)) + (i == j ? _isDual ? rows.Length * ridge : ridge : 0))
            .ToArray())]);
    }

    public double[] Solve(double[] v)
    {
        if (!_isDual)
        {
            return SolveFactor(v);
        }

        double[] inner = SolveFactor([.. _rows.Select(row => TensorPrimitives.Dot<double>(row, v))]);
        double[] result = [.. v];
        foreach ((double[] row, double factor) in _rows.Zip(inner))
        {
            TensorPrimitives.MultiplyAdd(row, -factor, result, result);
        }

        TensorPrimitives.Divide(result, _ridge, result);
        return result;
    }

    // The lower triangle, row by row, is replaced.
    private static double[][] Cholesky(double[][] lower)
    {
        for (int i = 0; i < lower.Length; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = lower[i][j] - TensorPrimitives.Dot<double>(lower[i].AsSpan(0, j), lower[j].AsSpan(0, j));
                lower[i][j] = i == j ? Math.Sqrt(rest) : rest / lower[j][j];
            }
        }

        return lower;
    }

    private double[] SolveFactor(double[] v)
    {
        double[] x = [.. v];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (x[i] - TensorPrimitives.Dot<double>(_factor[i].AsSpan(0, i), x.AsSpan(0, i))) / _factor[i][i];
        }

        for (int i = x.Length - 1; i >= 0; i--)
        {
            x[i] /= _factor[i][i];
            for (int j = 0; j < i; j++)
            {
                x[j] -= _factor[i][j] * x[i];
            }
        }

        return x;
    }
}
