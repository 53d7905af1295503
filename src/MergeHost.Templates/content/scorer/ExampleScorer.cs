using System.ComponentModel.DataAnnotations;
using MergeHost.Algebra;

namespace Acme.Example;

/// <summary>Parameters of <c>example_id</c>.</summary>
public sealed record ExampleOptions
{
    /// <summary>Weights whose size is below this in both models do not count.</summary>
    [Range(0.0, 1.0)]
    public double Smallest { get; init; } = 0.001;
}

/// <summary>The share of weights that training turned to the other sign.</summary>
[LayerScorer("example_id", Comparability = ScoreComparability.Global)]
public sealed class ExampleScorer : ILayerScorer<ExampleOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, ExampleOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (layer.Tensor.Shape.Rank < 2 || layer.Role is TensorRole.Embedding or TensorRole.Head)
        {
            return LayerScore.NotApplicable;
        }

        ReadOnlySpan<float> before = layer.Get(LayerMatrix.Base).Elements.Span;
        ReadOnlySpan<float> after = layer.Get(LayerMatrix.Adapted).Elements.Span;
        int flips = 0;
        for (int i = 0; i < before.Length; i++)
        {
            bool counts = Math.Max(Math.Abs(before[i]), Math.Abs(after[i])) >= options.Smallest;
            flips += counts && before[i] * after[i] < 0 ? 1 : 0;
        }

        return new LayerScore((double)flips / before.Length);
    }
}
