using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Controls;

/// <summary>How far a matrix moved: <c>‖W₁ − W₀‖ / ‖W₀‖</c>. A scorer that does no better than this one is decoration.</summary>
[LayerScorer("relative_change", Comparability = ScoreComparability.Global)]
public sealed class RelativeChangeScorer : ILayerScorer<ChangeOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, ChangeOptions options, ILinearAlgebra algebra, CancellationToken cancellation) =>
        WeightChange.IsScored(layer) ? new LayerScore(WeightChange.Intensity(layer)) : LayerScore.NotApplicable;
}
