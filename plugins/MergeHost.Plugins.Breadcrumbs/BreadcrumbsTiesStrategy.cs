using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>
/// Drops the largest and the smallest elements of each task vector, lets the rest vote on a sign and adds up those that agree:
/// <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ]</c> with <c>δᵢ = mᵢ τᵢ</c> as in <c>breadcrumbs</c> and <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/2312.06795">Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks</seealso>
[MergeStrategy("breadcrumbs_ties", Base = BaseUse.Required)]
public sealed class BreadcrumbsTiesStrategy : IMergeStrategy<BreadcrumbsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<BreadcrumbsOptions> group)
    {
        KernelParameters parameters = new(Kernel.Slots, group.Sources.Count)
        {
            [Kernel.Lambda, 0] = (float)group.Options.Lambda,
            [Kernel.Normalize, 0] = group.Options.Normalize ? 1 : 0,
        };
        for (int i = 0; i < group.Sources.Count; i++)
        {
            parameters[Kernel.Weight, i] = (float)group.Sources[i].Options.Weight;
        }

        return BreadcrumbsTreatment.Run<Kernel>(group, parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Weight = 3;
        public const int Lambda = 4;
        public const int Normalize = 5;
        public const int Slots = 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V contribution = c.P(BreadcrumbsTreatment.Factor, i) * BreadcrumbsTreatment.Kept<V, C>(c, i);
                c.Scratch[i] = contribution;
                total += contribution;
            }

            return c.Base + (c.P(Lambda) * SignConsensus.Merge<V, C>(c, total, Weight, Normalize));
        }
    }
}
