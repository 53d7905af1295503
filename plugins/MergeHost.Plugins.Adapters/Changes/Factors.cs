using MergeHost.Algebra;

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
}
