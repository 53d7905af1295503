using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace Example;

/// <summary>Parameters of <c>clipped</c>.</summary>
public sealed record ClippedOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>How far an element of a task vector may go.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Limit { get; init; } = 0.01;
}

/// <summary>The base plus task vectors without their extremes: <c>θ₀ + Σ wᵢ · min(max(τᵢ, −limit), limit)</c>.</summary>
[MergeStrategy("clipped", Base = BaseUse.Required)]
public sealed class ClippedStrategy : IMergeStrategy<ClippedOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<ClippedOptions> group)
    {
        KernelParameters parameters = new(slots: 2, group.Sources.Count);
        parameters[Kernel.Limit, 0] = (float)group.Options.Limit;
        parameters.Fill(Kernel.Weight, group.Sources.Select(source => source.Options.Weight));
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Weight = 0;
        public const int Limit = 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = c.Base;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = c.Source(i) - c.Base;
                sum += c.P(Weight, i) * V.Min(V.Max(taskVector, -c.P(Limit)), c.P(Limit));
            }

            return sum;
        }
    }
}
