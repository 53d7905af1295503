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
    /// <summary>How many times rows are tried: each time on other vectors.</summary>
    public const int Folds = 5;

    private const double Ridge = 0.1;

    private readonly List<(float[] Vector, int Part)>[] _members = [.. Enumerable.Range(0, classes)
        .Select(_ => new List<(float[], int)>())];

    /// <summary>Adds a vector of a class.</summary>
    /// <param name="member">The class.</param>
    /// <param name="vector">The vector.</param>
    /// <param name="part">The part of the class that it comes from, such as a text: vectors of one part are tried together.</param>
    public void Add(int member, ReadOnlySpan<float> vector, int part = 0) => _members[member].Add((vector.ToArray(), part));

    /// <summary>A row a class.</summary>
    public float[][] Rows() => Rows(_ => true);

    /// <summary>Tries rows on vectors that they were not made of: each part once, by rows of the parts of other folds.</summary>
    /// <returns>Of each part how many vectors have the largest product with the row of their class, and how many there are.</returns>
    public IReadOnlyList<(int Right, int All)> Try()
    {
        List<(int, int)> counts = [];
        for (int fold = 0; fold < Folds; fold++)
        {
            bool IsLearned(int part) => part % Folds != fold;
            if (_members.All(members => members.TrueForAll(member => IsLearned(member.Part))))
            {
                continue;
            }

            float[][] rows = Rows(IsLearned);
            foreach ((int index,
                List<(float[] Vector, int Part)> members) in _members.Index()
                    .Where(members => members.Item.Exists(member => IsLearned(member.Part))))
            {
                counts.AddRange(members.Where(member => !IsLearned(member.Part)).GroupBy(member => member.Part)
                    .Select(part => (part.Count(member => Best(rows, member.Vector) == index), part.Count())));
            }
        }

        return counts;
    }

    private static int Best(float[][] rows, float[] vector) =>
        rows.Index().MaxBy(row => TensorPrimitives.Dot<float>(row.Item, vector)).Index;

    private float[][] Rows(Predicate<int> isLearned)
    {
        float[][][] learned = [.. _members.Select(members => members.Where(member => isLearned(member.Part)).Select(member => member.Vector)
            .ToArray())];
        double[][] means = [.. learned.Select(Mean)];
        double[] middle = Mean([.. means.Where((_, index) => learned[index].Length > 0)]);
        double[][] centred = [.. learned.SelectMany((members, index) => members.Select(member => Difference(member, means[index])))];
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
