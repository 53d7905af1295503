using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// Gives all directions of the summed task vectors the same length: of <c>Σ wᵢτᵢ = USVᵀ</c>, <c>θ₀ + λ · mean(S) · UVᵀ</c>.
/// </summary>
/// <remarks>
/// The sum of singular values stays. Directions below 1e-6 of the largest are rounding and get nothing, so that sums of low rank keep it;
/// the authors' code fills all of the space, there by chance. Meant for task vectors whose small directions matter; where they are noise,
/// as in much that was trained in full, it makes noise as large as everything else.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2502.04959">No Task Left Behind: Isotropic Model Merging
/// with Common and Task-Specific Subspaces</seealso>
/// <evidence>
/// Best of its time on CLIP (arXiv:2502.04959); no better than the base on public fine-tunes of language models (arXiv:2511.21437).
/// </evidence>
/// <failure>Task vectors of full training, whose small directions are noise.</failure>
/// <cost>One decomposition of each matrix.</cost>
[MergeStrategy("iso_c", Base = BaseUse.Required)]
public sealed class IsoStrategy : IMergeStrategy<IsoOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<IsoOptions> group) =>
        group.Merge((tasks, algebra) => Flatten(Directions.Of(tasks.Sum(), algebra), algebra));

    /// <summary>Gives each direction the mean of all lengths.</summary>
    internal static Matrix<float> Flatten(Directions directions, ILinearAlgebra algebra)
    {
        double mean = directions.S.Length == 0 ? 0 : directions.S.Average();
        return directions.With([.. directions.S.Select(_ => mean)], algebra);
    }
}
