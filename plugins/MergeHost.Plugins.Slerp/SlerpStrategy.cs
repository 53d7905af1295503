using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Slerp;

/// <summary>
/// Spherical interpolation between two tensors, each taken as one vector: <c>(sin((1−t)θ) · a + sin(tθ) · b) / sin θ</c> with
/// <c>cos θ = a·b / (‖a‖ ‖b‖)</c>; where <c>|cos θ| &gt; 0.9995</c>, the straight line <c>(1−t) · a + t · b</c>.
/// </summary>
/// <remarks>a is the base, b the other model. As in mergekit a vector shorter than 1e-8 counts as one of length 1.</remarks>
/// <seealso href="https://en.wikipedia.org/wiki/Slerp">Slerp</seealso>
/// <evidence>No controlled evidence that it beats linear; the arc and the chord of models of one base nearly agree.</evidence>
/// <failure>More than two models; models that point apart.</failure>
/// <cost>Two reads of each input.</cost>
[MergeStrategy("slerp", Base = BaseUse.Required, MaxSources = 1)]
public sealed class SlerpStrategy : IMergeStrategy<SlerpOptions>
{
    private const double Collinear = 0.9995;
    private const double Shortest = 1e-8;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<SlerpOptions> group)
    {
        double t = group.Options.T;
        if (t is 0 or 1)
        {
            return t == 0 ? Treatment.CopyBase() : Treatment.CopySource(0);
        }

        SumStatistic gram = Statistic.GramWithBase(sources: 1);
        return Treatment.Measure([gram], measured =>
        {
            (double ofBase, double ofSource) = Factors(t, measured.Of(gram));
            return Treatment.Elementwise<Kernel>(new KernelParameters(slots: 2, sources: 1)
            {
                [Kernel.OfBase, 0] = (float)ofBase,
                [Kernel.OfSource, 0] = (float)ofSource,
            });
        });
    }

    // products: a·a, a·b, b·b
    private static (double OfBase, double OfSource) Factors(double t, IReadOnlyList<double> products)
    {
        double cosine = products[1] / (Length(products[0]) * Length(products[2]));
        if (Math.Abs(cosine) > Collinear)
        {
            return (1 - t, t);
        }

        double angle = Math.Acos(cosine);
        return (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle));
    }

    private static double Length(double square) => Math.Sqrt(square) > Shortest ? Math.Sqrt(square) : 1;

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int OfBase = 0;
        public const int OfSource = 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => (c.P(OfBase) * c.Base) + (c.P(OfSource) * c.Source(0));
    }
}
