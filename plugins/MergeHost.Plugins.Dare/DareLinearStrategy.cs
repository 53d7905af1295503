using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>
/// Drops elements of each task vector at random, scales up the rest and adds them up: <c>θ₀ + λ · Σ wᵢ sᵢ mᵢ τᵢ</c> with
/// <c>mᵢ ~ Bernoulli(density)</c>, the sum divided by <c>Σ wᵢ</c> on request.
/// </summary>
/// <remarks>The mask of an element depends on the seed, the source's place in the recipe, the tensor's name and the element's index alone.</remarks>
/// <seealso href="https://arxiv.org/abs/2311.03099">Language Models are Super Mario</seealso>
[MergeStrategy("dare_linear", Base = BaseUse.Required)]
public sealed class DareLinearStrategy : IMergeStrategy<DareOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DareOptions> group)
    {
        double sum = group.Sources.Sum(source => source.Options.Weight);
        double divisor = group.Options.Normalize && Math.Abs(sum) >= 1e-8 ? sum : 1;
        KernelParameters parameters = new(slots: 2, group.Sources.Count) { Streams = group.Sources.Count };
        return DareTreatment.Run<Kernel>(group, parameters, group.Options.Lambda / divisor);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.P(DareTreatment.Factor, i) * DareTreatment.Survivors<V, C>(c, i);
            }

            return c.Base + sum;
        }
    }
}
