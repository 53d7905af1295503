using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Plugins.Spear;

/// <summary>Plain measures of what training did to a matrix, summed in float64.</summary>
internal static class WeightChange
{
    /// <summary>Whether a tensor is a weight matrix inside the model; vectors, embeddings and heads are not scored.</summary>
    public static bool IsScored(ILayerTensors layer) =>
        layer.Tensor is { Shape.Rank: > 1, ElementCount: > 0 }
            && layer.Role is not (TensorRole.Embedding or TensorRole.Head or TensorRole.Norm);

    /// <summary>The change intensity <c>‖W₁ − W₀‖ / ‖W₀‖</c>; 0 where nothing changed, NaN where the
    /// base is all zeros and the other is not.</summary>
    public static double Intensity(ILayerTensors layer)
    {
        double change = Norm(layer.Get(LayerMatrix.TaskVector));
        return change == 0 ? 0 : Finite(change / Norm(layer.Get(LayerMatrix.Base)));
    }

    /// <summary>A measure of a change by that of the base: 0 where nothing changed, no score where
    /// the base has none and the change has.</summary>
    public static LayerScore Share(double change, double @base) => new(change == 0 ? 0 : Finite(change / @base));

    /// <summary>The change of direction <c>1 − cos(W₀, W₁)</c>, as <c>½ · ‖W₁/‖W₁‖ − W₀/‖W₀‖‖²</c>, which
    /// keeps its digits where both are alike.</summary>
    public static double Direction(ILayerTensors layer)
    {
        Matrix<float> before = layer.Get(LayerMatrix.Base);
        Matrix<float> after = layer.Get(LayerMatrix.Adapted);
        double normBefore = Norm(before);
        double normAfter = Norm(after);
        double[] left = new double[before.Columns];
        double[] right = new double[before.Columns];
        double sum = 0;
        for (int row = 0; row < before.Rows; row++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(before.Row(row), left);
            TensorPrimitives.ConvertTruncating<float, double>(after.Row(row), right);
            TensorPrimitives.Divide(left, normBefore, left);
            TensorPrimitives.Divide(right, normAfter, right);
            TensorPrimitives.Subtract<double>(right, left, left);
            sum += TensorPrimitives.SumOfSquares<double>(left);
        }

        return Finite(sum / 2);
    }

    private static double Norm(Matrix<float> matrix)
    {
        double[] numbers = new double[matrix.Columns];
        double sum = 0;
        for (int row = 0; row < matrix.Rows; row++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(row), numbers);
            sum += TensorPrimitives.SumOfSquares<double>(numbers);
        }

        return Math.Sqrt(sum);
    }

    // A score is a finite number, or NaN for none.
    private static double Finite(double value) => double.IsFinite(value) ? value : double.NaN;
}
