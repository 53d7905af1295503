using MergeHost.Strategies;

namespace MergeHost.Plugins.Della;

/// <summary>
/// Drops elements of each task vector at random, small ones more often, scales up the rest and adds them up:
/// <c>θ₀ + λ · Σ wᵢ sᵢ mᵢ τᵢ</c> with <c>mᵢ ~ Bernoulli(p)</c>, where p runs from <c>density − ε</c> for the smallest element of a row to
/// <c>density + ε</c> for the largest, by their ranks, the sum divided by <c>Σ wᵢ</c> on request.
/// </summary>
/// <remarks>
/// Rows run along the innermost extent; a vector is one row, and a row of one element survives with probability density, where mergekit
/// divides by zero. Magnitudes that agree to about 3 % share the mean of their ranks. As in mergekit one factor makes up for all that is
/// dropped of a tensor; the paper divides each element by its p.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2406.11617">DELLA-Merging</seealso>
/// <evidence>As della, by its authors (arXiv:2406.11617).</evidence>
/// <failure>As dare_linear.</failure>
/// <cost>Ranks each row: slower than reading.</cost>
[MergeStrategy("della_linear", Base = BaseUse.Required)]
public sealed class DellaLinearStrategy : IMergeStrategy<DellaOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DellaOptions> group) => DellaTreatment.Of(group, votes: false);
}
