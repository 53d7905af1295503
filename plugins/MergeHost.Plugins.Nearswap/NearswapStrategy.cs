using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Nearswap;

/// <summary>
/// Moves each element of the base towards the other model, by no more than t: <c>θ₀ + min(max(τ, −t), t)</c>. Where the models are
/// nearer than that, the element is the other model's.
/// </summary>
/// <remarks>
/// mergekit writes the same as a weight <c>t / |τ|</c> between 0 and 1, and holds |τ| to 1e-6 at least, so that a t below that moves
/// less there than here.
/// </remarks>
/// <seealso href="https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001">QuartetAnemoi, where the method comes from</seealso>
/// <evidence>None controlled.</evidence>
/// <failure>It bounds each step, and knows nothing of which steps matter.</failure>
/// <cost>One read.</cost>
[MergeStrategy("nearswap", Base = BaseUse.Required, MaxSources = 1)]
public sealed class NearswapStrategy : IMergeStrategy<NearswapOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<NearswapOptions> group) => group.Options.T == 0
        ? Treatment.CopyBase()
        : Treatment.Elementwise<Kernel>(new KernelParameters(slots: 1, sources: 1) { [Kernel.Limit, 0] = (float)group.Options.T });

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Limit = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V taskVector = c.Source(0) - c.Base;
            V step = V.Min(V.Max(taskVector, -c.P(Limit)), c.P(Limit));
            return V.Where(V.Abs(taskVector) <= c.P(Limit), c.Source(0), c.Base + step);
        }
    }
}
