using MergeHost.Algebra;

namespace MergeHost.Scoring;

/// <summary>A measure of how much a tensor of an adapted model changed, or how much it matters.</summary>
/// <remarks>
/// Implement <see cref="ILayerScorer{TOptions}"/>, which fills this in. The host makes one instance for a run and calls it
/// once for each pair of tensors, from several threads at once, in any order. The score must depend on nothing but the arguments.
/// </remarks>
public interface ILayerScorer
{
    /// <summary>The record that holds the scorer's options.</summary>
    Type OptionsType { get; }

    /// <summary>Scores one tensor.</summary>
    LayerScore Score(ILayerTensors layer, object options, ILinearAlgebra algebra, CancellationToken cancellation);

    /// <summary>Gives scores their final values, once all that can be compared are there; by default they stand as they are.</summary>
    LayerScore[] Compare(IReadOnlyList<LayerScore> scores, object options) => [.. scores];
}

/// <inheritdoc cref="ILayerScorer"/>
/// <typeparam name="TOptions">A record as <see cref="Strategies.IMergeStrategy{TOptions}"/>
/// describes it; no option differs by source.</typeparam>
public interface ILayerScorer<TOptions> : ILayerScorer
    where TOptions : class
{
    Type ILayerScorer.OptionsType => typeof(TOptions);

    LayerScore ILayerScorer.Score(ILayerTensors layer, object options, ILinearAlgebra algebra, CancellationToken cancellation) =>
        Score(layer, (TOptions)options, algebra, cancellation);

    LayerScore[] ILayerScorer.Compare(IReadOnlyList<LayerScore> scores, object options) => Compare(scores, (TOptions)options);

    /// <summary>Scores one tensor.</summary>
    /// <param name="layer">The tensor in the base and in the adapted model, and what is known of it.</param>
    /// <param name="options">The scorer's options.</param>
    /// <param name="algebra">Matrix operations on the recipe's device.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The score, or <see cref="LayerScore.NotApplicable"/>.</returns>
    LayerScore Score(ILayerTensors layer, TOptions options, ILinearAlgebra algebra, CancellationToken cancellation);

    /// <summary>Gives scores their final values, once all that can be compared are there; by default they stand as they are.</summary>
    /// <param name="scores">
    /// What <see cref="Score"/> returned for the tensors of one module type, or of the whole model where scores compare globally; without
    /// those that the scorer does not apply to. In the order of the model.
    /// </param>
    /// <param name="options">The scorer's options.</param>
    /// <returns>As many scores, in the same order.</returns>
    LayerScore[] Compare(IReadOnlyList<LayerScore> scores, TOptions options) => [.. scores];
}
