using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Sce;

/// <summary>
/// Selects the elements on which the task vectors differ most, Calculates a weight for each source by how much it changed there, and
/// Erases what goes against the sum: <c>θ₀ + Σ wᵢ τᵢ [sgn τᵢ = γ] / Σ wᵢ [sgn τᵢ = γ]</c> with <c>wᵢ = Σ τᵢ² / Σⱼ Σ τⱼ²</c> and
/// <c>γ = sgn Σ τᵢ</c>, all over the elements of the largest variance.
/// </summary>
/// <remarks>
/// Of equal variances at the edge of the selection the lowest flat index stays. A single source differs from nobody: where elements are
/// selected, none is. mergekit weighs all sources alike in tensors that changed little, as most do in bfloat16; so does
/// <c>compat: mergekit</c>.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2408.07990">FuseChat: Knowledge Fusion of Chat Models</seealso>
/// <evidence>Its authors' merge of chat models of several sources (arXiv:2408.07990).</evidence>
/// <failure>Task vectors so small that their squares vanish give equal weights.</failure>
/// <cost>Two looks at each task vector.</cost>
[MergeStrategy("sce", Base = BaseUse.Required)]
public sealed class SceStrategy : IMergeStrategy<SceOptions>
{
    private const double MergekitsLeastChange = 1e-6;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<SceOptions> group)
    {
        KernelParameters parameters = new(Slot.Count, group.Sources.Count)
        {
            [Slot.Share, 0] = 1f / group.Sources.Count,
            [Slot.Normalize, 0] = 1,
        };
        if (group.Options.SelectTopk >= 1)
        {
            return Weigh(group, parameters);
        }

        TopKStatistic selection = Statistic.TopKOfNonZero(Operand.Of<VarianceKernel>(parameters), group.Options.SelectTopk);
        return Treatment.Measure([selection], measured =>
        {
            parameters.Set(Slot.Threshold, 0, measured.Of(selection));
            return Weigh(group, parameters);
        });
    }

    private static Treatment Weigh(TensorGroup<SceOptions> group, KernelParameters parameters)
    {
        SumStatistic squares = Statistic.Sum<SquaresKernel>(parameters.Sources, parameters);
        return Treatment.Measure([squares], measured =>
        {
            double sum = measured.Of(squares).Sum();
            bool alike = sum == 0 || (group.Options.Compat == Compat.Mergekit && sum / group.Output.ElementCount < MergekitsLeastChange);
            for (int i = 0; i < parameters.Sources; i++)
            {
                parameters[Slot.Weight, i] = (float)(alike ? 1.0 / parameters.Sources : measured.Of(squares)[i] / sum);
            }

            return Treatment.Elementwise<MergeKernel>(parameters);
        });
    }

    // The place of each number in the table.
    private static class Slot
    {
        public const int Weight = 0;
        public const int Threshold = 1;
        public const int Share = 2;
        public const int Normalize = 3;
        public const int Count = 4;
    }

    private readonly struct VarianceKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V mean = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                mean += c.Source(i) - c.Base;
            }

            mean *= c.P(Slot.Share);
            V squares = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V distance = c.Source(i) - c.Base - mean;
                squares += distance * distance;
            }

            return squares * c.P(Slot.Share);
        }
    }

    private readonly struct SquaresKernel : IReduceKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V isDropped = VarianceKernel.Apply<V, C>(c) < c.P(Slot.Threshold);
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = V.Where(isDropped, V.Zero, c.Source(i) - c.Base);
                terms[i] = taskVector * taskVector;
            }
        }
    }

    private readonly struct MergeKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V isDropped = VarianceKernel.Apply<V, C>(c) < c.P(Slot.Threshold);
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = V.Where(isDropped, V.Zero, c.Source(i) - c.Base);
                c.Scratch[i] = c.P(Slot.Weight, i) * taskVector;
                total += taskVector;
            }

            return c.Base + SignConsensus.Merge<V, C>(c, total, Slot.Weight, Slot.Normalize);
        }
    }
}
