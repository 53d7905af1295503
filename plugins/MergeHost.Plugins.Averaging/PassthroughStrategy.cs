using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Averaging;

/// <summary>The source's tensor as it is, or scaled: <c>s · θ</c>. With slices of several models it stacks their layers.</summary>
/// <evidence>
/// Stacked layers (frankenmerges) are popular; there is no controlled evidence that they beat what they are stacked from without further
/// training.
/// </evidence>
/// <failure>Layers that never saw each other's outputs.</failure>
/// <cost>A copy.</cost>
[MergeStrategy("passthrough", MaxSources = 1)]
public sealed class PassthroughStrategy : IMergeStrategy<PassthroughOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<PassthroughOptions> group)
    {
        if (group.Sources[0].Options.Scale is not { } scale || scale == 1)
        {
            return Treatment.CopySource(0);
        }

        KernelParameters parameters = new(slots: 1, sources: 1) { [Kernel.Scale, 0] = (float)scale };
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Scale = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.P(Scale) * c.Source(0);
    }
}
