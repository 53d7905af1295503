using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>
/// How much a matrix changed where its inputs are large: <c>Σ |W₁ − W₀|ᵢⱼ · ‖xⱼ‖ / Σ |W₀|ᵢⱼ · ‖xⱼ‖</c>, with Wanda's
/// importance of a weight in place of its magnitude.
/// </summary>
/// <remarks>‖xⱼ‖ is the root of the mean square of input j over the tokens of a text, from `mergehost statistics`.</remarks>
/// <seealso href="https://arxiv.org/abs/2306.11695">A simple and effective pruning approach for large language models (Wanda)</seealso>
[LayerScorer("wanda", Comparability = ScoreComparability.Global)]
public sealed class WandaScorer : ILayerScorer<InputOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, InputOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer) || options.Statistics.FindSquareMean(layer.Tensor) is not { } means)
        {
            return LayerScore.NotApplicable;
        }

        double[] lengths = [.. options.Statistics.Read(means).Elements.ToArray().Select(Math.Sqrt)];
        return WeightChange.Share(Weighted(layer.Get(LayerMatrix.TaskVector)), Weighted(layer.Get(LayerMatrix.Base)));

        double Weighted(Matrix<float> matrix)
        {
            double[] numbers = new double[matrix.Columns];
            double sum = 0;
            for (int row = 0; row < matrix.Rows; row++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(row), numbers);
                TensorPrimitives.Abs<double>(numbers, numbers);
                sum += TensorPrimitives.Dot<double>(numbers, lengths);
            }

            return sum;
        }
    }
}

/// <summary>
/// How much what a matrix gives changed, on the inputs that it has: <c>‖(W₁ − W₀)X‖ / ‖W₀X‖</c>, which is <c>√(tr(τCτᵀ) /
/// tr(W₀CW₀ᵀ))</c> with C the mean of <c>x xᵀ</c>.
/// </summary>
/// <remarks>
/// <c>relative_change</c> takes all inputs for equally likely; this one knows them, from `mergehost statistics`. A change in
/// directions that no input has counts for nothing.
/// </remarks>
[LayerScorer("output_change", Comparability = ScoreComparability.Global)]
public sealed class OutputChangeScorer : ILayerScorer<InputOptions>
{
    /// <inheritdoc/>
    public LayerScore Score(ILayerTensors layer, InputOptions options, ILinearAlgebra algebra, CancellationToken cancellation)
    {
        if (!WeightChange.IsScored(layer) || options.Statistics.FindGram(layer.Tensor) is not { } gram)
        {
            return LayerScore.NotApplicable;
        }

        Matrix<double> inputs = options.Statistics.Read(gram);
        LayerScore square = WeightChange.Share(Power(layer.Get(LayerMatrix.TaskVector)), Power(layer.Get(LayerMatrix.Base)));
        return new LayerScore(Math.Sqrt(square.Value));

        // tr(M C Mᵀ); rounding may leave it just below zero.
        double Power(Matrix<float> matrix)
        {
            Matrix<double> wide = new(matrix.Rows, matrix.Columns);
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Elements.Span, wide.Elements.Span);
            return Math.Max(0, TensorPrimitives.Dot<double>(algebra.Product(wide, inputs).Elements.Span, wide.Elements.Span));
        }
    }
}
