using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// Takes each task vector for an estimate of what its task's inputs look like: <c>θ₀ + λ · (Σ τᵢτᵢᵀτᵢ)(Σ τᵢᵀτᵢ + R)⁻¹</c>, with <c>R =
/// ridge · tr(Σ τᵢᵀτᵢ)/in</c> on the diagonal, and <c>wᵢτᵢ</c> in place of τᵢ.
/// </summary>
/// <remarks>
/// A gradient is a sum of outer products with inputs, so that τᵢᵀτᵢ and the inputs' covariance have directions in common. No data is
/// needed; where task vectors are mostly noise, so is the estimate. Vectors, embeddings and heads get the mean of their task vectors.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2603.02945">ACE-Merging: Data-free model merging with adaptive covariance estimation</seealso>
/// <evidence>Its authors: 4 to 5 points over earlier data-free methods on GPT-2 and RoBERTa (arXiv:2603.02945).</evidence>
/// <failure>Noisy task vectors are poor estimates of inputs.</failure>
/// <cost>An eigenproblem of min(in, N·out) for each matrix, in float64.</cost>
[MergeStrategy("actmat", Base = BaseUse.Required)]
public sealed class ActmatStrategy : IMergeStrategy<ActmatOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<ActmatOptions> group) => new ClosedForm
    {
        Factor = _ => 1,
        Filters = (values, count) =>
        {
            double ridge = group.Options.Ridge * values.Sum() / count;
            return ([.. values.Select(_ => 1.0)], [.. values.Select(value => 1 / (value + ridge))]);
        },
    }.Merge(group);
}
