using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Della;

/// <summary>
/// Drops elements of each task vector at random, small ones more often, scales up the rest, lets them vote on a sign and takes the mean of
/// those that agree: <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ] / Σ wᵢ [sgn wᵢδᵢ = γ]</c> with <c>δᵢ = sᵢ mᵢ τᵢ</c> as in <c>della_linear</c> and
/// <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/2406.11617">DELLA-Merging</seealso>
[MergeStrategy("della", Base = BaseUse.Required)]
public sealed class DellaStrategy : IMergeStrategy<DellaOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DellaOptions> group)
    {
        KernelParameters parameters = DellaTreatment.Parameters(Kernel.Slots, group.Sources.Count);
        parameters[Kernel.Lambda, 0] = (float)group.Options.Lambda;
        parameters[Kernel.Normalize, 0] = group.Options.Normalize == false ? 0 : 1;
        for (int i = 0; i < group.Sources.Count; i++)
        {
            parameters[Kernel.Weight, i] = (float)group.Sources[i].Options.Weight;
        }

        return DellaTreatment.Run<Kernel>(group, parameters);
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
                V contribution = c.P(DellaTreatment.Factor, i) * DellaTreatment.Survivors<V, C>(c, i);
                c.Scratch[i] = contribution;
                total += contribution;
            }

            return c.Base + (c.P(Lambda) * SignConsensus.Merge<V, C>(c, total, Weight, Normalize));
        }
    }
}
