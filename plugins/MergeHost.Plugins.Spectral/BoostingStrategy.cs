using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// Raises the small singular values of the summed task vectors: of <c>Σ wᵢτᵢ = USVᵀ</c>, those below <c>sₖ</c> become <c>sₖ</c>, where k is
/// the first at which the sum of the values so far reaches β of all.
/// </summary>
/// <remarks>
/// At β = 0.01 that is nearly always the largest: a flat spectrum, much longer than the sum, so that λ has to be found by trying, from far
/// below 1. Directions below 1e-6 of the largest stay as they are.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2506.16506">Subspace-Boosted Model Merging</seealso>
/// <evidence>
/// Its authors' vision models (arXiv:2506.16506); no better than the base on public fine-tunes of language models (arXiv:2511.21437).
/// </evidence>
/// <failure>At the authors' β the spectrum is flat and long: λ decides everything.</failure>
/// <cost>One decomposition of each matrix.</cost>
[MergeStrategy("subspace_boosting", Base = BaseUse.Required)]
public sealed class BoostingStrategy : IMergeStrategy<BoostingOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<BoostingOptions> group) => group.Merge((tasks, algebra) =>
    {
        Directions directions = Directions.Of(tasks.Sum(), algebra);
        return directions.With(Boosted(directions.S, group.Options.Beta), algebra);
    });

    private static double[] Boosted(double[] values, double beta)
    {
        double total = values.Sum();
        double sum = 0;
        double least = values.FirstOrDefault(value => (sum += value) >= beta * total);
        return [.. values.Select(value => Math.Max(value, least))];
    }
}
