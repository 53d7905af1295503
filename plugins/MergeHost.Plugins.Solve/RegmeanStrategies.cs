using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// The weights whose outputs on the inputs of all tasks differ least from those of each task's own model: of least <c>Σ wᵢ ‖(W −
/// Wᵢ)Xᵢ‖²</c>, which is <c>W = (Σ wᵢWᵢCᵢ)(Σ wᵢCᵢ)⁻¹</c> with <c>Cᵢ</c> the mean of <c>x xᵀ</c> over inputs of task i, the elements beside
/// its diagonal times α. With λ, <c>θ₀ + λ · (W − θ₀)</c>.
/// </summary>
/// <remarks>
/// The inputs come from `mergehost statistics`, taken once of each model on a text of its task. Directions that no task's inputs have keep
/// the mean of the models. Of a tensor that inputs are not multiplied with (embeddings, heads, norms, biases, routers) the models' weighted
/// mean is taken, as in the paper. Cᵢ is a mean and not a sum, so that the length of a text does not count; `weight` does.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2212.09849">Dataless Knowledge Fusion by Merging Weights of Language Models</seealso>
/// <evidence>Its authors: above the mean and Fisher merging on GLUE with RoBERTa and T5 (arXiv:2212.09849); 71.8 on eight tasks of
/// ViT-B/32, between task arithmetic and TIES.</evidence>
/// <failure>Texts that are not those of the task; inputs are those of each model by itself, and not those that the merged
/// layers below would give (RegMean++).</failure>
/// <cost>Two products and one factorisation of [in, in] for each matrix, in float64; a file with one
/// [in, in] for each matrix of each model.</cost>
[MergeStrategy("regmean", Base = BaseUse.Required)]
public sealed class RegmeanStrategy : IMergeStrategy<RegmeanOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<RegmeanOptions> group) =>
        new InputSolve { OffDiagonal = group.Options.OffDiagonal, KeepsMean = true }.Merge(group);
}

/// <summary>
/// The task vector that moves the outputs on each task's inputs least from where that task wants them: <c>θ₀ + λ · (Σ wᵢτᵢCᵢ)(Σ wᵢCᵢ)⁺</c>,
/// with <c>Cᵢ</c> the mean of <c>x xᵀ</c> over inputs of task i.
/// </summary>
/// <remarks>
/// As <c>regmean</c> on task vectors: the same where the inputs reach all directions, and the base elsewhere. Eigenvalues below
/// 1e-6 of the largest count as none, since statistics are float32. The paper weights norms by their inputs; here they get the
/// mean of task vectors, as embeddings and heads do.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2505.23859">Layer-wise optimal task vector merging</seealso>
/// <evidence>Its authors: up to 4.4 points over earlier methods on ViT-B/32, with 16 to 64 samples a task
/// (arXiv:2505.23859). None on language models.</evidence>
/// <failure>As regmean; with few samples most directions stay the base's.</failure>
/// <cost>As regmean; an eigenproblem of [in, in] where the inputs do not reach all directions.</cost>
[MergeStrategy("lot", Base = BaseUse.Required)]
public sealed class LotStrategy : IMergeStrategy<LotOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<LotOptions> group) => new InputSolve().Merge(group);
}
