using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Plugins.Solve;

/// <summary>Matrices between float32 and float64.</summary>
internal static class Doubles
{
    public static Matrix<double> Widen(Matrix<float> matrix)
    {
        Matrix<double> wide = new(matrix.Rows, matrix.Columns);
        TensorPrimitives.ConvertTruncating<float, double>(matrix.Elements.Span, wide.Elements.Span);
        return wide;
    }

    public static Matrix<float> Narrow(Matrix<double> matrix)
    {
        Matrix<float> narrow = new(matrix.Rows, matrix.Columns);
        TensorPrimitives.ConvertTruncating<double, float>(matrix.Elements.Span, narrow.Elements.Span);
        return narrow;
    }

    /// <summary>Adds <c>factor · part</c>.</summary>
    public static void Add(Matrix<double> sum, Matrix<double> part, double factor) =>
        TensorPrimitives.MultiplyAdd(part.Elements.Span, factor, sum.Elements.Span, sum.Elements.Span);
}
