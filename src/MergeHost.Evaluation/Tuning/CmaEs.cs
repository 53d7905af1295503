using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;

namespace MergeHost.Evaluation.Tuning;

/// <summary>Minimises a function of several numbers in [0, 1] of which only values are known.</summary>
/// <remarks>
/// CMA-ES with the standard settings of its author's tutorial: points are drawn from a normal distribution, whose mean moves to the better
/// half of them, and whose covariance learns the directions in which that helped. A point outside the bounds is moved onto them.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/1604.00772">The CMA evolution strategy: a tutorial</seealso>
internal sealed class CmaEs
{
    private readonly int _dimensions;
    private readonly int _population;
    private readonly double[] _weights;
    private readonly double _effective;
    private readonly double _pathRate;
    private readonly double _stepRate;
    private readonly double _stepDamping;
    private readonly double _rankOneRate;
    private readonly double _rankManyRate;
    private readonly double _expectedLength;
    private readonly Random _random;
    private readonly double[] _mean;
    private readonly double[] _path;
    private readonly double[] _stepPath;
    private readonly Matrix<double> _covariance;
    private double _step;

    private CmaEs(double[] start, double step, int seed)
    {
        int n = _dimensions = start.Length;
        _population = 4 + (int)(3 * Math.Log(n));
        int parents = _population / 2;
        double[] raw = [.. Enumerable.Range(1, parents).Select(rank => Math.Log(parents + 0.5) - Math.Log(rank))];
        _weights = [.. raw.Select(weight => weight / raw.Sum())];
        _effective = 1 / _weights.Sum(weight => weight * weight);
        _pathRate = (4 + (_effective / n)) / (n + 4 + (2 * _effective / n));
        _stepRate = (_effective + 2) / (n + _effective + 5);
        _stepDamping = 1 + (2 * Math.Max(0, Math.Sqrt((_effective - 1) / (n + 1)) - 1)) + _stepRate;
        _rankOneRate = 2 / (((n + 1.3) * (n + 1.3)) + _effective);
        _rankManyRate = Math.Min(1 - _rankOneRate, 2 * (_effective - 2 + (1 / _effective)) / (((n + 2) * (n + 2)) + _effective));
        _expectedLength = Math.Sqrt(n) * (1 - (1.0 / (4 * n)) + (1.0 / (21 * n * n)));
        _random = new Random(seed);
        _mean = [.. start];
        _path = new double[n];
        _stepPath = new double[n];
        _covariance = new Matrix<double>(n, n);
        for (int i = 0; i < n; i++)
        {
            _covariance[i, i] = 1;
        }

        _step = step;
    }

    /// <summary>Searches from a point.</summary>
    /// <param name="start">Where it starts, each number in [0, 1]; at least two.</param>
    /// <param name="step">How far it looks at first, in the same unit.</param>
    /// <param name="budget">How many points are looked at.</param>
    /// <param name="seed">The seed of the points.</param>
    /// <param name="measure">The value of a point, to be small; called for one point after the other.</param>
    /// <returns>The best point of those that were looked at.</returns>
    public static double[] Run(double[] start, double step, int budget, int seed, Func<double[], double> measure)
    {
        CmaEs search = new(start, step, seed);
        (double[] Point, double Value) best = (start, measure(start));
        for (int looks = 1; looks + search._population <= budget; looks += search._population)
        {
            (double[] Point, double Value)[] drawn = [.. search.Draw().Select(point => (point, measure(point)))
                .OrderBy(pair => pair.Item2)];
            best = drawn[0].Value < best.Value ? drawn[0] : best;
            search.Learn([.. drawn.Select(pair => pair.Point)]);
        }

        return best.Point;
    }

    private List<double[]> Draw()
    {
        (double[] scales, Matrix<double> axes) = Axes();
        return [.. Enumerable.Range(0, _population).Select(_ =>
        {
            double[] normal = [.. scales.Select(scale => scale * Normal())];
            double[] moved = Rotate(axes, normal);
            return _mean.Zip(moved, (mean, move) => Math.Clamp(mean + (_step * move), 0, 1)).ToArray();
        })];
    }

    // From the points in the order of their values.
    private void Learn(double[][] points)
    {
        int n = _dimensions;
        double[] before = [.. _mean];
        double[][] moves = [.. points.Take(_weights.Length).Select(point => point.Zip(before, (x, mean) => (x - mean) / _step).ToArray())];
        double[] move = [.. Enumerable.Range(0, n).Select(i => moves.Zip(_weights, (y, weight) => weight * y[i]).Sum())];
        for (int i = 0; i < n; i++)
        {
            _mean[i] += _step * move[i];
        }

        (double[] scales, Matrix<double> axes) = Axes();
        double[] whitened = Rotate(axes, [.. RotateBack(axes, move).Zip(scales, (y, scale) => y / scale)]);
        for (int i = 0; i < n; i++)
        {
            _stepPath[i] = ((1 - _stepRate) * _stepPath[i]) + (Math.Sqrt(_stepRate * (2 - _stepRate) * _effective) * whitened[i]);
            _path[i] = ((1 - _pathRate) * _path[i]) + (Math.Sqrt(_pathRate * (2 - _pathRate) * _effective) * move[i]);
        }

        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++)
            {
                double many = moves.Zip(_weights, (y, weight) => weight * y[row] * y[column]).Sum();
                _covariance[row, column] = ((1 - _rankOneRate - _rankManyRate) * _covariance[row, column])
                    + (_rankOneRate * _path[row] * _path[column]) + (_rankManyRate * many);
            }
        }

        double length = Math.Sqrt(_stepPath.Sum(x => x * x));
        _step *= Math.Exp(_stepRate / _stepDamping * ((length / _expectedLength) - 1));
    }

    // The lengths and directions of the distribution's axes.
    private (double[] Scales, Matrix<double> Axes) Axes()
    {
        SymmetricEigen eigen = new ManagedLinearAlgebra(threads: 1).SymmetricEigen(_covariance, vectors: true);
        return ([.. eigen.Values.Select(value => Math.Sqrt(Math.Max(value, 1e-20)))], eigen.Vectors!.Value);
    }

    private double[] Rotate(Matrix<double> axes, double[] x) =>
        [.. Enumerable.Range(0, _dimensions).Select(row => Enumerable.Range(0, _dimensions).Sum(column => axes[row, column] * x[column]))];

    private double[] RotateBack(Matrix<double> axes, double[] x) =>
        [.. Enumerable.Range(0, _dimensions).Select(column => Enumerable.Range(0, _dimensions).Sum(row => axes[row, column] * x[row]))];

    // Box and Muller.
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
