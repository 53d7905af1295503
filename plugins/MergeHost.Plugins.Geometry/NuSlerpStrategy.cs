using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// Spherical interpolation with weights: <c>(sin((1−t)θ) · a + sin(tθ) · b) / sin θ</c> with <c>t = w₂ / (w₁ + w₂)</c> and
/// <c>cos θ = a·b / (‖a‖ ‖b‖)</c>, a and b being the models, or their task vectors if there is a base, to which the result is added.
/// </summary>
/// <remarks>
/// Where a and b are parallel or opposite, the straight line <c>(1−t) · a + t · b</c>. As in mergekit weights that sum to less than
/// 1e-6 mean the middle, and a vector of length zero is at right angles to everything.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/325165.325242">Animating rotation with quaternion curves</seealso>
/// <evidence>None of its own; see slerp.</evidence>
/// <failure>As slerp.</failure>
/// <cost>Two reads.</cost>
[MergeStrategy("nuslerp", Base = BaseUse.Optional, MinSources = 2, MaxSources = 2)]
public sealed class NuSlerpStrategy : IMergeStrategy<NuSlerpOptions>
{
    private const double LeastSum = 1e-6;

    // 1 − cos² below it: what float32 cannot tell from a straight line.
    private const double Collinear = 3e-7;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<NuSlerpOptions> group)
    {
        (double first, double second) = (group.Sources[0].Options.Weight, group.Sources[1].Options.Weight);
        double t = Math.Abs(first + second) < LeastSum ? 0.5 : second / (first + second);
        if (group.Options.NuslerpFlatten)
        {
            RunStatistic gram = GramMatrix.Of(sources: 2, group.Base is not null);
            return Treatment.Measure([gram], measured => Combination.Of(Coefficients(t, [.. measured.Of(gram)])));
        }

        return group.Options.NuslerpRowWise && group.Output.Shape.Rank > 1 ? Columns(t, group) : Rows(t, group);
    }

    private static Treatment Rows(double t, TensorGroup<NuSlerpOptions> group)
    {
        RowStatistic grams = Statistic.Rows(3, InnerProducts.Among(sources: 2, group.Base is not null));
        return Treatment.Measure([grams], measured =>
        {
            List<double[]> coefficients = [.. measured.Of(grams).Chunk(3).Select(gram => Coefficients(t, gram))];
            KernelParameters parameters = new(CombinationKernel.Slots, sources: 2);
            for (int i = 0; i < 2; i++)
            {
                float[] ofSource = [.. coefficients.Select(pair => (float)pair[i])];
                parameters.SetRows(CombinationKernel.Coefficient, i, ofSource, Math.Max(1, group.Output.Shape.RowLength));
            }

            return Treatment.Elementwise<CombinationKernel>(parameters);
        });
    }

    // Columns cross all rows of a tensor, which is why it is needed as a whole.
    private static Treatment Columns(double t, TensorGroup<NuSlerpOptions> group)
    {
        int length = (int)group.Output.Shape[0];
        return Treatment.Matrix((tensors, _) =>
        {
            Span<float> result = tensors.Result.Elements.Span;
            Span<float> a = tensors.Sources[0].Elements.Span;
            Span<float> b = tensors.Sources[1].Elements.Span;
            Span<float> origin = tensors.Base is { } @base ? @base.Elements.Span : [];
            int columns = length == 0 ? 0 : result.Length / length;
            double[] grams = new double[3 * columns];
            for (int i = 0; i < result.Length; i++)
            {
                float zero = origin.IsEmpty ? 0 : origin[i];
                double x = a[i] - zero;
                double y = b[i] - zero;
                Span<double> gram = grams.AsSpan(3 * (i % columns), 3);
                (gram[0], gram[1], gram[2]) = (gram[0] + (x * x), gram[1] + (x * y), gram[2] + (y * y));
            }

            double[][] coefficients = [.. grams.Chunk(3).Select(gram => Coefficients(t, gram))];
            for (int i = 0; i < result.Length; i++)
            {
                float zero = origin.IsEmpty ? 0 : origin[i];
                double[] pair = coefficients[i % columns];
                result[i] = zero + ((float)pair[0] * (a[i] - zero)) + ((float)pair[1] * (b[i] - zero));
            }
        });
    }

    // gram: a·a, a·b, b·b
    private static double[] Coefficients(double t, double[] gram)
    {
        double lengths = Math.Sqrt(gram[0] * gram[2]);
        double cosine = lengths == 0 ? 0 : Math.Clamp(gram[1] / lengths, -1, 1);
        if (1 - (cosine * cosine) <= Collinear)
        {
            return [1 - t, t];
        }

        double angle = Math.Acos(cosine);
        return [Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle)];
    }
}
