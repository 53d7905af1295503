using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Ram;

/// <summary>
/// As <c>ram</c>, but what a source changed alone counts more, the more of its changes it shares: times
/// <c>λᵢ = 1 + r · min(ρᵢ, α)</c>, with ρᵢ the number of its changes in the tensor that others share over that of its own.
/// </summary>
/// <remarks>
/// It makes up for the mean, which weakens what is shared. A source without changes of its own in a tensor has nothing to scale.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2601.13572">Behavior Knowledge Merge in Reinforced Agentic Models</seealso>
/// <evidence>As ram, by its authors (arXiv:2601.13572).</evidence>
/// <failure>As ram.</failure>
/// <cost>Two reads.</cost>
[MergeStrategy("ramplus_tl", Base = BaseUse.Required)]
public sealed class RamPlusStrategy : IMergeStrategy<RamPlusOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<RamPlusOptions> group)
    {
        int sources = group.Sources.Count;
        KernelParameters parameters = new(RamKernel.Slots, sources) { [RamKernel.Epsilon, 0] = (float)group.Options.Epsilon };
        SumStatistic changes = Statistic.Sum<OwnersKernel>(2 * sources, parameters);
        return Treatment.Measure([changes], measured =>
        {
            for (int i = 0; i < sources; i++)
            {
                double shared = measured.Of(changes)[2 * i];
                double own = measured.Of(changes)[(2 * i) + 1];
                double ratio = own == 0 ? 0 : Math.Min(shared / own, group.Options.Alpha);
                parameters[RamKernel.Factor, i] = (float)(1 + (group.Options.R * ratio));
            }

            return Treatment.Elementwise<RamKernel>(parameters);
        });
    }

    private readonly struct OwnersKernel : IReduceKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V owners = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                c.Scratch[i] = V.Where(V.Abs(c.Source(i) - c.Base) > c.P(RamKernel.Epsilon), V.Of(1), V.Zero);
                owners += c.Scratch[i];
            }

            V isShared = owners > V.Of(1);
            for (int i = 0; i < c.SourceCount; i++)
            {
                terms[2 * i] = V.Where(isShared, c.Scratch[i], V.Zero);
                terms[(2 * i) + 1] = V.Where(isShared, V.Zero, c.Scratch[i]);
            }
        }
    }
}
