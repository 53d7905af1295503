using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// Shrinks the directions that tasks have in common and that their sum counts several times: of <c>Σ wᵢτᵢ = USVᵀ</c> each
/// <c>sᵣ</c> is multiplied by <c>γᵣ = N / Σᵢ max(α, ⟨aᵣ, aᵢᵣ⟩ / ‖aᵢᵣ‖²)</c>, where <c>aᵣ = sᵣvᵣ</c> and <c>aᵢᵣ =
/// wᵢτᵢᵀuᵣ</c> is what a task does in that direction.
/// </summary>
/// <remarks>N equal task vectors give one of them. At α = 1, the default, nothing grows; the authors' 0.1 lets
/// directions grow up to tenfold.</remarks> <seealso href="https://arxiv.org/abs/2602.05536">When Shared Knowledge
/// Hurts: Spectral Over-Accumulation in Model Merging</seealso>
/// <evidence>13 % over task arithmetic on CLIP, by its authors (arXiv:2602.05536).</evidence>
/// <failure>Below α = 1 noise may grow up to 1/α-fold.</failure>
/// <cost>One decomposition of each matrix and N products.</cost>
[MergeStrategy("svc", Base = BaseUse.Required)]
public sealed class SvcStrategy : IMergeStrategy<SvcOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<SvcOptions> group) => group.Merge((tasks, algebra) => Merge(tasks, algebra, group.Options.Alpha));

    private static Matrix<float> Merge(TaskMatrices tasks, ILinearAlgebra algebra, double alpha)
    {
        Matrix<float> total = tasks.Sum();
        Directions sum = Directions.Of(total, algebra);
        double[] shares = new double[sum.S.Length];
        Matrix<float> rows = algebra.Multiply(sum.U, total, transposeA: true);
        foreach (Matrix<float> taskVector in tasks.TaskVectors)
        {
            Matrix<float> own = algebra.Multiply(sum.U, taskVector, transposeA: true);
            for (int r = 0; r < shares.Length; r++)
            {
                double square = RunArithmetic.Dot(own.Row(r), own.Row(r));
                shares[r] += Math.Max(alpha, square == 0 ? 0 : RunArithmetic.Dot(rows.Row(r), own.Row(r)) / square);
            }
        }

        return sum.With([.. sum.S.Select((value, r) => value * tasks.TaskVectors.Count / shares[r])], algebra);
    }
}
