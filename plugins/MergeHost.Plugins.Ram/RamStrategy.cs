using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Ram;

/// <summary>
/// Keeps a change that only one source made, and takes the mean where several changed an element:
/// <c>θ₀ + Σ τᵢ [|τᵢ| &gt; ε] / n</c>, with n the number of sources for which <c>|τᵢ| &gt; ε</c>.
/// </summary>
/// <remarks>Meant for models trained by reinforcement, whose task vectors are sparse; changes up to ε are dropped.</remarks>
/// <seealso href="https://arxiv.org/abs/2601.13572">Behavior Knowledge Merge in Reinforced Agentic Models</seealso>
/// <evidence>Its authors' models trained by reinforcement on one base (arXiv:2601.13572).</evidence>
/// <failure>Dense task vectors of supervised tuning: everything is shared, and it is a mean.</failure>
/// <cost>One read.</cost>
[MergeStrategy("ram", Base = BaseUse.Required)]
public sealed class RamStrategy : IMergeStrategy<RamOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<RamOptions> group)
    {
        KernelParameters parameters = new(RamKernel.Slots, group.Sources.Count)
        {
            [RamKernel.Epsilon, 0] = (float)group.Options.Epsilon,
        };
        parameters.Fill(RamKernel.Factor, Enumerable.Repeat(1.0, group.Sources.Count));
        return Treatment.Elementwise<RamKernel>(parameters);
    }
}
