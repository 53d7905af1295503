using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Methods;

/// <summary>What <c>mergehost statistics</c> found out about the inputs x of a model's weight
/// matrices, over the tokens of a text.</summary>
/// <remarks>
/// For a weight <c>NAME.weight</c> of <c>[out, in]</c> there are <c>NAME.abs_mean</c>, the means of |x|, and <c>NAME.square_mean</c>, those
/// of x², of <c>[in]</c>; <c>NAME.gram</c>, the mean of <c>x xᵀ</c>, of <c>[in, in]</c>, if it was asked for; and the digest of the weight.
/// They are means, so that a long text counts no more than a short one.
/// </remarks>
public static class ActivationStatistics
{
    private const string Weight = ".weight";

    /// <summary>The name of the means of |x|.</summary>
    public static string AbsMeanOf(string weight) => $"{ModuleOf(weight)}.abs_mean";

    /// <summary>The name of the means of x².</summary>
    public static string SquareMeanOf(string weight) => $"{ModuleOf(weight)}.square_mean";

    /// <summary>The name of the mean of <c>x xᵀ</c>.</summary>
    public static string GramOf(string weight) => $"{ModuleOf(weight)}.gram";

    /// <summary>The Gram matrix of a weight's inputs.</summary>
    /// <param name="statistics">The statistics of the weight's model.</param>
    /// <param name="weight">The weight, as its model has it.</param>
    /// <returns>A tensor of <c>[in, in]</c>, or <see langword="null"/> if the weight was not looked at: it is
    /// none that inputs are multiplied with.</returns>
    /// <exception cref="MergeException">It was taken of a weight with other inputs, or only the means were taken.</exception>
    public static TensorInfo? FindGram(this AuxiliaryCheckpoint statistics, TensorInfo weight)
    {
        if (statistics.Find(GramOf(weight.Name)) is { } gram)
        {
            return Checked(statistics, gram, weight, TensorShape.Create([InputsOf(weight), InputsOf(weight)]));
        }

        return statistics.Find(SquareMeanOf(weight.Name)) is null ? null : throw Mismatch(
            $"'{statistics.Name}' has the means of what '{weight.Name}' is multiplied with, and not '{GramOf(weight.Name)}'",
            "Take statistics without `--no-gram`.");
    }

    /// <summary>The means of x² of a weight's inputs, or <see langword="null"/> if it was not looked at.</summary>
    /// <exception cref="MergeException">They were taken of a weight with other inputs.</exception>
    public static TensorInfo? FindSquareMean(this AuxiliaryCheckpoint statistics, TensorInfo weight) =>
        FindMeans(statistics, SquareMeanOf(weight.Name), weight);

    /// <summary>The means of |x| of a weight's inputs, or <see langword="null"/> if it was not looked at.</summary>
    /// <exception cref="MergeException">They were taken of a weight with other inputs.</exception>
    public static TensorInfo? FindAbsMean(this AuxiliaryCheckpoint statistics, TensorInfo weight) =>
        FindMeans(statistics, AbsMeanOf(weight.Name), weight);

    /// <summary>Reads one of the tensors in float64; a vector is one row.</summary>
    public static Matrix<double> Read(this AuxiliaryCheckpoint statistics, TensorInfo tensor)
    {
        float[] row = new float[tensor.Shape.RowLength];
        Matrix<double> matrix = new((int)(tensor.ElementCount / row.Length), row.Length);
        for (int i = 0; i < matrix.Rows; i++)
        {
            statistics.Reader.ReadSingle(tensor, (long)i * row.Length, row);
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<float, double>(row, matrix.Row(i));
        }

        return matrix;
    }

    private static TensorInfo? FindMeans(AuxiliaryCheckpoint statistics, string name, TensorInfo weight) =>
        statistics.Find(name) is { } means ? Checked(statistics, means, weight, TensorShape.Create([InputsOf(weight)])) : null;

    private static TensorInfo Checked(AuxiliaryCheckpoint statistics, TensorInfo found, TensorInfo weight, TensorShape expected)
    {
        if (found.Shape != expected)
        {
            throw Mismatch(
                $"'{statistics.Name}': '{found.Name}' has shape {found.Shape}; expected {expected}, as '{weight.Name}' has "
                    + $"shape {weight.Shape}",
                "Take statistics of the model that is merged.");
        }

        return DTypeConversion.CanDecode(found.DType) ? found
            : throw Mismatch($"'{statistics.Name}': '{found.Name}' is of type {found.DType}; expected numbers",
                "Take statistics by `mergehost statistics`.");
    }

    private static MergeException Mismatch(string message, string hint) => new(new Problem(ErrorCodes.AuxiliaryMismatch, message, hint));

    private static long InputsOf(TensorInfo weight) => weight.Shape.RowLength;

    private static string ModuleOf(string weight) => weight.EndsWith(Weight, StringComparison.Ordinal) ? weight[..^Weight.Length] : weight;
}
