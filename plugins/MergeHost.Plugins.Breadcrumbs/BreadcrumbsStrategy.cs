using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>
/// Drops the largest and the smallest elements of each task vector and adds up the rest: <c>θ₀ + λ · Σ wᵢ mᵢ τᵢ</c>, where mᵢ keeps
/// ⌊density · n⌋ elements below the ⌊gamma · n⌋ largest, the sum divided by <c>Σ wᵢ</c> on request.
/// </summary>
/// <remarks>
/// Of equal magnitudes at the edges the lowest flat index counts as larger. A tensor too small for gamma to drop an element keeps its
/// largest, as in mergekit 0.1.5; versions before it lost the whole task vector there.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2312.06795">Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks</seealso>
/// <evidence>Its authors' models, small ones (arXiv:2312.06795).</evidence>
/// <failure>Tuned per task; outliers may be what was learned.</failure>
/// <cost>Two looks at each task vector.</cost>
[MergeStrategy("breadcrumbs", Base = BaseUse.Required)]
public sealed class BreadcrumbsStrategy : IMergeStrategy<BreadcrumbsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<BreadcrumbsOptions> group) => BreadcrumbsTreatment.Of(group, votes: false);
}
