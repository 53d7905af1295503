using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// Gives each task vector its share of the directions: of <c>wᵢτᵢ = UᵢSᵢVᵢᵀ</c> the ⌊r/N⌋ largest stay, and what the
/// tasks' directions have in common is parted by the nearest orthonormal ones, <c>θ₀ + λ · U⊥ diag(S₁ … S_N) V⊥ᵀ</c>
/// with <c>U⊥ = polar [U₁ … U_N]</c>, V⊥ likewise.
/// </summary>
/// <remarks>
/// Vectors get the mean of their task vectors, and embeddings and heads too unless <c>embeddings: true</c>. A source that learned nothing
/// takes no direction from others, and directions that two tasks share exactly are counted once; the authors' code leaves these to chance.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2412.00081">Task Singular Vectors: Reducing Task Interference in Model Merging</seealso>
/// <evidence>
/// 41.5 on MergeBench with Llama-3.2-3B, TIES 39.2, task arithmetic 34.2 (arXiv:2602.05943); no better than the base on public fine-tunes
/// (arXiv:2511.21437).
/// </evidence>
/// <failure>Fine-tunes that overlap or that are not of one domain each; task vectors whose small directions matter.</failure>
/// <cost>N + 2 eigenproblems of each matrix.</cost>
[MergeStrategy("tsv_m", Base = BaseUse.Required)]
public sealed class TsvStrategy : IMergeStrategy<TsvOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<TsvOptions> group) => group.Merge(Merge);

    private static Matrix<float> Merge(TaskMatrices tasks, ILinearAlgebra algebra)
    {
        int share = Math.Max(1, tasks.Rank / tasks.TaskVectors.Count);
        List<Directions> parts = [];
        foreach (Matrix<float> taskVector in tasks.TaskVectors)
        {
            parts.Add(Directions.Of(taskVector, algebra, share));
            tasks.Cancellation.ThrowIfCancellationRequested();
        }

        Directions all = Directions.Join(parts);
        return all.Orthogonal(algebra).With(all.S, algebra);
    }
}
