using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Controls;

/// <summary>How far a matrix, taken as one vector, turned: <c>1 − cos(W₀, W₁)</c>. Its length does not matter.</summary>
[LayerScorer("direction_change", Comparability = ScoreComparability.Global)]
public sealed class DirectionChangeScorer : ILayerScorer<ChangeOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, ChangeOptions options, ILinearAlgebra algebra, CancellationToken cancellation) =>
        WeightChange.IsScored(layer) ? new LayerScore(WeightChange.Direction(layer)) : LayerScore.NotApplicable;
}
