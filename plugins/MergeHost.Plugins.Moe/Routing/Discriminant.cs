using System.Numerics;
using System.Numerics.Tensors;

namespace MergeHost.Plugins.Moe.Routing;

/// <summary>Tells classes of vectors apart by linear discriminants with one covariance for all, in closed form.</summary>
/// <remarks>
/// Row e is <c>w = (Σ + λI)⁻¹ (μₑ − μ̄)</c> with the covariance Σ within classes and λ of a tenth of its mean variance. Discriminants have
/// constants, and routers have none: the constant <c>−w·μ̄ − ½ w·(μₑ − μ̄)</c> is added along μ̄, on which vectors of one norm agree:
/// <c>w + constant · μ̄ / ‖μ̄‖²</c>. The scale is that of log-odds, so that the softmax over rows is a likelihood of classes.
/// </remarks>
internal sealed class Discriminant(int classes, int width)
{
    private const double Ridge = 0.1;

    private readonly List<float[]>[] _members = [.. Enumerable.Range(0, classes).Select(_ => new List<float[]>())];

    /// <summary>Adds a vector of a class.</summary>
    public void Add(int member, ReadOnlySpan<float> vector) => _members[member].Add(vector.ToArray());

    /// <summary>A row a class.</summary>
    public float[][] Rows()
    {
        double[][] means = [.. _members.Select(Mean)];
        double[] middle = Mean([.. means.Where((_, index) => _members[index].Count > 0)]);
        double[][] centred = [.. _members.SelectMany((members, index) => members.Select(member => Difference(member, means[index])))];
        double variance = centred.Sum(vector => Dot(vector, vector)) / Math.Max(1, centred.Length) / width;
        double ridge = Math.Max(Ridge * variance, 1e-12);
        RidgeSolver solver = new(centred, ridge);
        return [.. means.Select(mean => Row(solver.Solve(Difference(mean, middle)), Difference(mean, middle), middle))];
    }

    private static float[] Row(double[] weights, double[] difference, double[] middle)
    {
        double constant = -Dot(weights, middle) - (0.5 * Dot(weights, difference));
        double norm = Math.Max(Dot(middle, middle), 1e-12);
        return [.. weights.Select((weight, i) => (float)(weight + (constant * middle[i] / norm)))];
    }

    private double[] Mean<T>(IReadOnlyList<T[]> vectors)
        where T : INumberBase<T>
    {
        double[] mean = new double[width];
        foreach (T[] vector in vectors)
        {
            for (int i = 0; i < width; i++)
            {
                mean[i] += double.CreateChecked(vector[i]) / vectors.Count;
            }
        }

        return mean;
    }

    private static double[] Difference<T>(T[] vector, double[] mean)
        where T : INumberBase<T> => [.. vector.Zip(mean, (number, middle) => double.CreateChecked(number) - middle)];

    private static double Dot(double[] one, double[] other) => TensorPrimitives.Dot<double>(one, other);
}
