using MergeHost.Algebra;
using MergeHost.Kernels.Randomness;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear.Controls;

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

        ushort[] digits = new ushort[2];
        new Philox(options.Seed, 0, layer.Tensor.Name).Fill(0, digits);
        return new LayerScore(((digits[0] * 65536.0) + digits[1]) / (1L << 32));
    }
}
