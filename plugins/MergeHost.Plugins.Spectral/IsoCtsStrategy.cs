using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// As <c>iso_c</c>, with some directions kept for each task: the k₀ largest of the sum, <c>U₀S₀V₀ᵀ</c>, then of each task the n largest of
/// what these do not cover, <c>(I − U₀U₀ᵀ) wᵢτᵢ</c>; all made orthonormal, and all of the mean length: <c>θ₀ + λ · mean(S) · U⊥V⊥ᵀ</c>.
/// </summary>
/// <remarks>n is (1 − common_space)·r/N, rounded, and <c>k₀ = r − nN</c>. The limits are those of <c>iso_c</c>.</remarks>
/// <seealso href="https://arxiv.org/abs/2502.04959">No Task Left Behind: Isotropic Model Merging
/// with Common and Task-Specific Subspaces</seealso>
/// <evidence>As iso_c, by its authors with many tasks better (arXiv:2502.04959).</evidence>
/// <failure>As iso_c.</failure>
/// <cost>N + 3 decompositions of each matrix.</cost>
[MergeStrategy("iso_cts", Base = BaseUse.Required)]
public sealed class IsoCtsStrategy : IMergeStrategy<IsoCtsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<IsoCtsOptions> group) =>
        group.Merge((tasks, algebra) => Merge(tasks, algebra, group.Options.CommonSpace));

    private static Matrix<float> Merge(TaskMatrices tasks, ILinearAlgebra algebra, double commonSpace)
    {
        int tasksCount = tasks.TaskVectors.Count;
        int own = (int)Math.Round((tasks.Rank - Math.Floor(tasks.Rank * commonSpace)) / tasksCount);
        own = Math.Min(own, tasks.Rank / tasksCount);
        Directions common = Directions.Of(tasks.Sum(), algebra, tasks.Rank - (own * tasksCount));
        List<Directions> parts = [common];
        foreach (Matrix<float> taskVector in tasks.TaskVectors)
        {
            Matrix<float> covered = algebra.Multiply(common.U, algebra.Multiply(common.U, taskVector, transposeA: true));
            double before = TensorPrimitives.Norm<float>(taskVector.Elements.Span);
            TensorPrimitives.Subtract(taskVector.Elements.Span, covered.Elements.Span, taskVector.Elements.Span);

            // What is left of a task that the common directions cover is rounding, and no direction.
            if (TensorPrimitives.Norm<float>(taskVector.Elements.Span) > 1e-5 * before)
            {
                parts.Add(Directions.Of(taskVector, algebra, own));
            }

            tasks.Cancellation.ThrowIfCancellationRequested();
        }

        return IsoStrategy.Flatten(Directions.Join(parts).Orthogonal(algebra), algebra);
    }
}
