using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;

namespace Acme.Example;

/// <summary>Parameters of <c>example_id</c>.</summary>
public sealed record ExampleOptions
{
    /// <summary>The position between the base at 0 and the model at 1.</summary>
    [Range(0.0, 1.0)]
    public double T { get; init; } = 0.5;
}

/// <summary>The straight line between the base and a model: <c>θ₀ + t · (θ − θ₀)</c>.</summary>
[MergeStrategy("example_id", Base = BaseUse.Required, MaxSources = 1)]
public sealed class ExampleStrategy : IMergeStrategy<ExampleOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<ExampleOptions> group) =>
        Treatment.Elementwise<Kernel>(new KernelParameters(slots: 1, sources: 1) { [0, 0] = (float)group.Options.T });

    private readonly struct Kernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Base + (c.P(0) * (c.Source(0) - c.Base));
    }
}
