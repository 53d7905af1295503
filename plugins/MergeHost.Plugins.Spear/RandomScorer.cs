using MergeHost.Algebra;
using MergeHost.Kernels.Randomness;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>A number in [0, 1) that depends on the seed and the tensor's name alone: what a choice without any knowledge gives.</summary>
[LayerScorer("random", Comparability = ScoreComparability.Global)]
public sealed class RandomScorer : ILayerScorer<RandomOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, RandomOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer))
        {
            return LayerScore.NotApplicable;
        }

        float[] number = new float[1];
        new Philox(options.Seed, 0, layer.Tensor.Name).Fill(0, number);
        return new LayerScore(number[0]);
    }
}
