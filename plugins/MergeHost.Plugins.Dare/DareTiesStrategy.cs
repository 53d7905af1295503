using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>
/// Drops elements of each task vector at random, scales up the rest, lets them vote on a sign and adds up those that agree:
/// <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ]</c> with <c>δᵢ = sᵢ mᵢ τᵢ</c>, <c>mᵢ ~ Bernoulli(density)</c> and <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
/// <remarks>The mask of an element depends on the seed, the source's place in the recipe, the tensor's name and the element's index
/// alone.</remarks> <seealso href="https://arxiv.org/abs/2311.03099">Language Models are Super Mario</seealso>
/// <evidence>87.2 against 82.6 of TIES on a Llama-2-13B trio (arXiv:2503.08099).</evidence>
/// <failure>As dare_linear; no better than linear in later comparisons.</failure>
/// <cost>As dare_linear.</cost>
[MergeStrategy("dare_ties", Base = BaseUse.Required)]
public sealed class DareTiesStrategy : IMergeStrategy<DareOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DareOptions> group) => DareTreatment.Of(group, votes: true);
}
