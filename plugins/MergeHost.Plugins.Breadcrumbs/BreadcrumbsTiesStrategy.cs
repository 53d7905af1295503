using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>
/// Drops the largest and the smallest elements of each task vector, lets the rest vote on a sign and adds up those that agree:
/// <c>θ₀ + λ · Σ wᵢ δᵢ [sgn wᵢδᵢ = γ]</c> with <c>δᵢ = mᵢ τᵢ</c> as in <c>breadcrumbs</c> and <c>γ = sgn Σ wᵢ δᵢ</c>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/2312.06795">Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks</seealso>
/// <evidence>None beyond breadcrumbs.</evidence>
/// <failure>As breadcrumbs.</failure>
/// <cost>Two looks at each task vector.</cost>
[MergeStrategy("breadcrumbs_ties", Base = BaseUse.Required)]
public sealed class BreadcrumbsTiesStrategy : IMergeStrategy<BreadcrumbsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<BreadcrumbsOptions> group) => BreadcrumbsTreatment.Of(group, votes: true);
}
