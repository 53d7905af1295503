using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Fusion;

/// <summary>
/// Takes over the changes of a model that matter most: <c>θ₀ + τ · [s ≥ Q₂ + 1.5 · (Q₃ − Q₁)]</c> with the score
/// <c>s = |τ| · KL(softmax θ₁ ‖ softmax θ₀)</c>, the divergence taken row by row and Q₁, Q₂, Q₃ the quartiles of the scores in the tensor.
/// </summary>
/// <remarks>
/// A quartile is the score at place ⌊q · (n − 1)⌋ of the sorted ones, of all of them: mergekit estimates it by a million at random, with
/// no seed, where a tensor has more. Divergences are found in float64; in float32, as in mergekit, rounding decides near the limit.
/// </remarks>
/// <seealso href="https://github.com/arcee-ai/mergekit/blob/main/docs/merge_methods.md">mergekit's merge methods</seealso>
/// <evidence>None controlled.</evidence>
/// <failure>Scores rows of weights as if they were distributions.</failure>
/// <cost>Several looks at both models.</cost>
[MergeStrategy("arcee_fusion", Base = BaseUse.Required, MaxSources = 1)]
public sealed class FusionStrategy : IMergeStrategy<FusionOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<FusionOptions> group)
    {
        KernelParameters parameters = new(Slot.Count, sources: 1);
        RowStatistic divergences = Statistic.Rows(1, (in row, results) => results[0] = Divergence.Of(row.Source(0), row.Base));
        return Treatment.Measure([divergences], measured =>
        {
            float[] values = [.. measured.Of(divergences).Select(value => (float)value)];
            parameters.SetRows(Slot.Divergence, 0, values, Math.Max(1, group.Output.Shape.RowLength));
            return Cut(group.Output.ElementCount, parameters);
        });
    }

    private static Treatment Cut(long elements, KernelParameters parameters)
    {
        Operand scores = Operand.Of<ScoreKernel>(parameters);
        TopKStatistic[] quartiles =
            [.. Enumerable.Range(1, 3).Select(quarter => Statistic.Largest(scores, elements - (long)(quarter / 4.0 * (elements - 1))))];
        return Treatment.Measure(quartiles, measured =>
        {
            float[] q = [.. quartiles.Select(quartile => measured.Of(quartile).Threshold)];
            parameters[Slot.Limit, 0] = q[1] + (1.5f * (q[2] - q[0]));
            return Treatment.Elementwise<MergeKernel>(parameters);
        });
    }

    // The place of each number in the table.
    private static class Slot
    {
        public const int Divergence = 0;
        public const int Limit = 1;
        public const int Count = 2;
    }

    private readonly struct ScoreKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => V.Abs(c.Source(0) - c.Base) * c.P(Slot.Divergence);
    }

    private readonly struct MergeKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> =>
            c.Base + V.Where(ScoreKernel.Apply<V, C>(c) < c.P(Slot.Limit), V.Zero, c.Source(0) - c.Base);
    }
}
