using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>
/// Scales the task vector by depth, <c>θ₀ + (α + β · l/(L − 1)) · τ</c> for layer l of L: shallow layers, which
/// hold what all tasks share, stay near the base.
/// </summary>
/// <remarks>
/// A step of `then:`, or a merge of a single model. An embedding counts as the first layer, what is outside of the layers
/// otherwise as the last. Without β it is 1 − α, as the paper has it for a single model; for a merge of N models the paper
/// takes <c>α = ‖Στ‖ / (N · ‖τ*‖)</c> and tunes β.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2410.17146">LiNeS: Post-training layer scaling prevents
/// forgetting and enhances model merging</seealso>
/// <evidence>Its authors: keeps what single models knew before, and adds to task arithmetic and TIES on
/// vision models and T5 (arXiv:2410.17146).</evidence>
/// <failure>Where shallow layers are what a task changed, a new language for example.</failure>
/// <cost>One pass.</cost>
[MergeStrategy("lines", Base = BaseUse.Required, MaxSources = 1)]
public sealed class LinesStrategy : IMergeStrategy<LinesOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<LinesOptions> group)
    {
        double depth = group.Layer is { } layer
            ? (group.LayerCount > 1 ? (double)layer / (group.LayerCount - 1) : 1)
            : group.Role == TensorRole.Embedding ? 0 : 1;
        return ScaledTaskVector.By(group.Options.Alpha + (depth * (group.Options.Beta ?? 1 - group.Options.Alpha)));
    }
}
