using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>
/// Drops elements of each task vector at random, scales up the rest, lets them vote on a sign and adds up those that agree:
/// <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ]</c> with <c>δᵢ = sᵢ mᵢ τᵢ</c>, <c>mᵢ ~ Bernoulli(density)</c> and <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
/// <remarks>The mask of an element depends on the seed, the source's place in the recipe, the tensor's name and the element's index alone.</remarks>
/// <seealso href="https://arxiv.org/abs/2311.03099">Language Models are Super Mario</seealso>
[MergeStrategy("dare_ties", Base = BaseUse.Required)]
public sealed class DareTiesStrategy : IMergeStrategy<DareOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DareOptions> group)
    {
        KernelParameters parameters = new(Kernel.Slots, group.Sources.Count)
        {
            Streams = group.Sources.Count,
            [Kernel.Lambda, 0] = (float)group.Options.Lambda,
            [Kernel.Normalize, 0] = group.Options.Normalize ? 1 : 0,
        };
        for (int i = 0; i < group.Sources.Count; i++)
        {
            parameters[Kernel.Weight, i] = (float)group.Sources[i].Options.Weight;
        }

        return DareTreatment.Run<Kernel>(group, parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Weight = 2;
        public const int Lambda = 3;
        public const int Normalize = 4;
        public const int Slots = 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V contribution = c.P(DareTreatment.Factor, i) * DareTreatment.Survivors<V, C>(c, i);
                c.Scratch[i] = contribution;
                total += contribution;
            }

            return c.Base + (c.P(Lambda) * SignConsensus.Merge<V, C>(c, total, Weight, Normalize));
        }
    }
}
