using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.ModelStock;

/// <summary>
/// Goes from the base towards the mean of the models, the further the more their task vectors agree: <c>t · Σθᵢ/N + (1 − t) · θ₀</c> with
/// <c>t = N cos θ / (1 + (N − 1) cos θ)</c>, where <c>cos θ</c> is the mean over all pairs of task vectors.
/// </summary>
/// <remarks>
/// A task vector that is zero is at right angles to all others. Where <c>1 + (N − 1) cos θ</c> is below 1e-6, the result is the base.
/// mergekit divides by lengths of at least 1e-6 together, which makes task vectors of small tensors look less alike than they are;
/// <c>compat: mergekit</c> does so too.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2403.19522">Model Stock: All we need is just a few fine-tuned models</seealso>
/// <evidence>
/// Made for runs of one task with one recipe, CLIP first (arXiv:2403.19522); no better than the base on public fine-tunes of many kinds
/// (arXiv:2511.21437).
/// </evidence>
/// <failure>Experts of unlike tasks: their angles are near 90°, and the result stays at the base.</failure>
/// <cost>Two reads.</cost>
[MergeStrategy("model_stock", Base = BaseUse.Required, MinSources = 2)]
public sealed class ModelStockStrategy : IMergeStrategy<ModelStockOptions>
{
    private const double LeastDivisor = 1e-6;
    private const double MergekitsLeastLengths = 1e-6;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<ModelStockOptions> group)
    {
        int sources = group.Sources.Count;
        KernelParameters parameters = new(Kernel.Slots, sources) { [Kernel.Share, 0] = 1f / sources };
        if (!group.Options.FilterWise)
        {
            RunStatistic gram = Statistic.Runs(InnerProducts.Count(sources), InnerProducts.Among(sources, ofTaskVectors: true));
            return Treatment.Measure([gram], measured =>
            {
                parameters[Kernel.T, 0] = T([.. measured.Of(gram)], sources, group.Options);
                return Treatment.Elementwise<Kernel>(parameters);
            });
        }

        int products = InnerProducts.Count(sources);
        RowStatistic grams = Statistic.Rows(products, InnerProducts.Among(sources, ofTaskVectors: true));
        return Treatment.Measure([grams], measured =>
        {
            float[] ts = [.. measured.Of(grams).Chunk(products).Select(gram => T(gram, sources, group.Options))];
            parameters.SetRows(Kernel.T, 0, ts, group.Output.Shape.RowLength);
            return Treatment.Elementwise<Kernel>(parameters);
        });
    }

    // The upper triangle of the Gram matrix, row by row: the squares of lengths on its diagonal.
    private static float T(double[] gram, int sources, ModelStockOptions options)
    {
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < sources; i++)
        {
            for (int j = i + 1; j < sources; j++, pairs++)
            {
                double lengths = Math.Sqrt(gram[At(i, i, sources)] * gram[At(j, j, sources)]);
                double divisor = options.Compat == Compat.Mergekit ? Math.Max(lengths, MergekitsLeastLengths) : lengths;
                sum += lengths == 0 ? 0 : Math.Clamp(gram[At(i, j, sources)] / divisor, -1, 1);
            }
        }

        double cosine = sum / pairs;
        double below = 1 + ((sources - 1) * cosine);
        double t = Math.Abs(below) < LeastDivisor ? 0 : sources * cosine / below;
        return (float)(options.Clamp ? Math.Max(t, 0) : t);
    }

    private static int At(int row, int column, int size) => (row * size) - (row * (row - 1) / 2) + column - row;

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int T = 0;
        public const int Share = 1;
        public const int Slots = 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.Source(i);
            }

            return (c.P(T) * (sum * c.P(Share))) + ((V.Of(1) - c.P(T)) * c.Base);
        }
    }
}
