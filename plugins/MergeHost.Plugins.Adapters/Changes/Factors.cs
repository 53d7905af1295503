using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Two factors of a product of small depth.</summary>
/// <param name="Left"><c>[out, rank]</c></param>
/// <param name="Right"><c>[rank, in]</c></param>
internal sealed record Factors(Matrix<float> Left, Matrix<float> Right)
{
    /// <summary>The number of products in a sum.</summary>
    public int Rank => Left.Columns;

    /// <summary>The factors of the transposed product.</summary>
    public Factors Transposed() => new(Right.Transpose(), Left.Transpose());

    /// <summary>The product times a factor.</summary>
    public Factors Times(double factor) => factor == 1 ? this : new(Left.Times(factor), Right);

    /// <summary>The sum of both products, as one of both ranks together.</summary>
    public Factors Plus(Factors other)
    {
        Matrix<float> left = new(Left.Rows, Rank + other.Rank);
        for (int row = 0; row < left.Rows; row++)
        {
            Left.Row(row).CopyTo(left.Row(row));
            other.Left.Row(row).CopyTo(left.Row(row)[Rank..]);
        }

        return new(left, new(Rank + other.Rank, Right.Columns, (float[])[.. Right.Elements.Span, .. other.Right.Elements.Span]));
    }

    /// <summary>Writes the factors where those of an expert are in an adapter: its rows of all right factors, and
    /// every so many columns of all left ones.</summary>
    /// <param name="expert">The expert.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="right"><c>[count · rank, in]</c></param>
    /// <param name="left"><c>[out, rank · count]</c></param>
    public void WriteExpert(int expert, int count, Span<float> right, Span<float> left)
    {
        Right.Elements.Span.CopyTo(right[(expert * Right.Elements.Length)..]);
        ReadOnlySpan<float> values = Left.Elements.Span;
        for (int i = 0; i < values.Length; i++)
        {
            left[(i * count) + expert] = values[i];
        }
    }

    /// <summary>The factors of an expert among those of all.</summary>
    public static Factors OfExpert(int expert, int count, Matrix<float> right, Matrix<float> left)
    {
        int rank = right.Rows / count;
        return new(MatrixOperations.Make(left.Rows, rank, (row, k) => left[row, (k * count) + expert]), right.Slice(expert * rank, rank));
    }
}
