using System.ComponentModel.DataAnnotations;
using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>The rank that a change needs: how many of its singular values hold a share of its energy, or stand out from noise.</summary>
/// <remarks>Noise ends at <c>ω(β)·median(S)</c>, with the polynomial of Gavish and Donoho for ω.</remarks>
/// <seealso href="https://arxiv.org/abs/1305.5870">Gavish and Donoho, The optimal hard threshold for singular values is 4/√3</seealso>
[LayerScorer("lora_rank", Comparability = ScoreComparability.Global)]
public sealed class LoraRankScorer : ILayerScorer<LoraRankOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, LoraRankOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (layer.Tensor.Shape.Rank != 2 || layer.Tensor.Shape[0] < 2 || layer.Tensor.Shape[1] < 2)
        {
            return LayerScore.NotApplicable;
        }

        IReadOnlyList<double> values = layer.SingularValues(LayerMatrix.TaskVector);
        return new LayerScore(options.NoiseEdge ? AboveNoise(values, layer.Tensor.Shape) : OfEnergy(values, options.Energy));
    }

    /// <summary>How many singular values hold a share of the sum of all their squares.</summary>
    internal static int OfEnergy(IReadOnlyList<double> values, double share)
    {
        double whole = values.Sum(value => value * value);
        double sum = 0;
        int rank = 0;
        while (rank < values.Count && sum < share * whole)
        {
            sum += values[rank] * values[rank];
            rank++;
        }

        return rank;
    }

    private static int AboveNoise(IReadOnlyList<double> values, TensorShape shape)
    {
        double beta = (double)Math.Min(shape[0], shape[1]) / Math.Max(shape[0], shape[1]);
        double edge = (((((0.56 * beta) - 0.95) * beta) + 1.82) * beta) + 1.43;
        double median = (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
        return values.Count(value => value > edge * median);
    }
}

/// <summary>Parameters of <c>lora_rank</c>.</summary>
public sealed record LoraRankOptions
{
    /// <summary>The share of the squared singular values.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Energy { get; init; } = 0.9;

    /// <summary>Whether to count those that stand out from noise instead.</summary>
    public bool NoiseEdge { get; init; }
}
