using MergeHost.Algebra;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// The Karcher mean of the models' directions, at their mean length: the point u of the sphere for which <c>Σ log_u(uᵢ) = 0</c>, found by
/// steps <c>u ← exp_u(Σ log_u(uᵢ) / N)</c> from the mean of all <c>uᵢ = θᵢ / ‖θᵢ‖</c>, times <c>Σ ‖θᵢ‖ / N</c>.
/// </summary>
/// <remarks>
/// u stays a combination of the uᵢ, whose inner products are all that a step needs: the models are read twice, however many steps
/// are taken. A model no longer than <c>tol</c> gives no direction, but its length counts; one opposite to u has no logarithm and is
/// left out of the step. mergekit finds angles in float32, where models that are nearly alike drift to one side by up to 1e-3.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2603.04972">The Karcher mean for merging language models</seealso>
/// <evidence>None controlled for language models.</evidence>
/// <failure>As multislerp; differs from linear little where models are near each other.</failure>
/// <cost>Two reads, however many steps.</cost>
[MergeStrategy("karcher")]
public sealed class KarcherStrategy : IMergeStrategy<KarcherOptions>
{
    // The sine of an angle between opposite directions.
    private const double Opposite = 1e-8;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<KarcherOptions> group)
    {
        int sources = group.Sources.Count;
        if (sources == 1)
        {
            return Treatment.CopySource(0);
        }

        RunStatistic gram = GramMatrix.Of(sources, hasBase: false);
        return Treatment.Measure([gram], measured =>
            Combination.Of(Coefficients(GramMatrix.From(measured.Of(gram), sources), group.Options)));
    }

    private static double[] Coefficients(Matrix<double> gram, KarcherOptions options)
    {
        int count = gram.Rows;
        double[] lengths = [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(gram[i, i]))];
        bool[] isUsed = [.. lengths.Select(length => length > options.Tol)];
        if (!isUsed.Contains(true))
        {
            return new double[count];
        }

        Matrix<double> cosines = new(count, count);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                cosines[i, j] = isUsed[i] && isUsed[j] ? gram[i, j] / (lengths[i] * lengths[j]) : 0;
            }
        }

        double[] mean = Mean(cosines, isUsed, options);
        double length = lengths.Average();
        return [.. mean.Select((coefficient, i) => isUsed[i] ? coefficient * length / lengths[i] : 0)];
    }

    // Coefficients of the mean over the directions.
    private static double[] Mean(Matrix<double> cosines, bool[] isUsed, KarcherOptions options)
    {
        double share = 1.0 / isUsed.Count(used => used);
        double[] mean = [.. isUsed.Select(used => used ? share : 0)];
        double start = Math.Sqrt(GramMatrix.SquaredLength(cosines, mean));
        mean = start < options.Tol ? [.. isUsed.Select((_, i) => i == Array.IndexOf(isUsed, true) ? 1.0 : 0)] : Scaled(mean, 1 / start);
        for (int step = 0; step < options.MaxIter; step++)
        {
            double[] tangent = Tangent(cosines, isUsed, mean, share, options.Tol);
            double distance = Math.Sqrt(GramMatrix.SquaredLength(cosines, tangent));
            if (distance < options.Tol)
            {
                break;
            }

            mean = [.. mean.Zip(tangent, (at, along) => (Math.Cos(distance) * at) + (Math.Sin(distance) / distance * along))];
            mean = Scaled(mean, 1 / Math.Sqrt(GramMatrix.SquaredLength(cosines, mean)));
        }

        return mean;
    }

    // Σ log_u(uᵢ) / N, where log_u(v) = θ / sin θ · (v − cos θ · u).
    private static double[] Tangent(Matrix<double> cosines, bool[] isUsed, double[] mean, double share, double tolerance)
    {
        double[] tangent = new double[mean.Length];
        double alongMean = 0;
        for (int i = 0; i < mean.Length; i++)
        {
            double cosine = Math.Clamp(Enumerable.Range(0, mean.Length).Sum(j => cosines[i, j] * mean[j]), -1, 1);
            double angle = Math.Acos(cosine);
            if (isUsed[i] && angle >= tolerance && Math.Sin(angle) >= Opposite)
            {
                tangent[i] = share * angle / Math.Sin(angle);
                alongMean += tangent[i] * cosine;
            }
        }

        return [.. tangent.Zip(mean, (along, at) => along - (alongMean * at))];
    }

    private static double[] Scaled(double[] values, double factor) => [.. values.Select(value => value * factor)];
}
