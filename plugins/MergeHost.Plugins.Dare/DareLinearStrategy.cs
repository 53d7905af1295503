using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>
/// Drops elements of each task vector at random, scales up the rest and adds them up: <c>θ₀ + λ · Σ wᵢ sᵢ mᵢ τᵢ</c> with
/// <c>mᵢ ~ Bernoulli(density)</c>, the sum divided by <c>Σ wᵢ</c> on request.
/// </summary>
/// <remarks>The mask of an element depends on the seed, the source's place in the recipe, the tensor's name and the element's index
/// alone.</remarks> <seealso href="https://arxiv.org/abs/2311.03099">Language Models are Super Mario</seealso>
/// <evidence>WizardLM-era models of 13 B; TA with DARE 84.0 against 80.4 without on a Llama-2-13B trio (arXiv:2503.08099).</evidence>
/// <failure>
/// Large task vectors, such as those of continual pre-training: what is dropped was not redundant. Chance differs with the seed.
/// </failure>
/// <cost>One read; random numbers cost as much as the reading.</cost>
[MergeStrategy("dare_linear", Base = BaseUse.Required)]
public sealed class DareLinearStrategy : IMergeStrategy<DareOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DareOptions> group) => DareTreatment.Of(group, votes: false);
}
