using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Kernels.Methods;

/// <summary>Singular directions of a matrix, without those that are rounding: <c>Σ sₖ uₖ vₖᵀ</c>.</summary>
/// <param name="U"><c>[out, k]</c>, one direction a column.</param>
/// <param name="S">The k singular values, descending, each above 1e-6 of the first.</param>
/// <param name="V"><c>[in, k]</c>, one direction a column.</param>
public sealed record Directions(Matrix<float> U, double[] S, Matrix<float> V)
{
    private const double Smallest = 1e-6;

    /// <summary>The largest directions of a matrix; fewer if it has not as many, none of zeros.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="algebra">Matrix operations.</param>
    /// <param name="most">How many at most.</param>
    public static Directions Of(Matrix<float> matrix, ILinearAlgebra algebra, int most = int.MaxValue)
    {
        SingularValueDecomposition parts = algebra.Decompose(matrix, most);
        int kept = parts.S.Count(value => value > Smallest * parts.S[0]);
        return new(First(parts.U, kept), [.. parts.S.Take(kept)], First(parts.V, kept));
    }

    /// <summary>All of several, side by side.</summary>
    public static Directions Join(IReadOnlyList<Directions> parts) =>
        new(Join([.. parts.Select(part => part.U)]), [.. parts.SelectMany(part => part.S)], Join([.. parts.Select(part => part.V)]));

    /// <summary>The same directions with other values: <c>Σ sₖ uₖ vₖᵀ</c>.</summary>
    public Matrix<float> With(IReadOnlyList<double> values, ILinearAlgebra algebra)
    {
        Matrix<float> scaled = new(U.Rows, U.Columns);
        float[] factors = [.. values.Select(value => (float)value)];
        for (int row = 0; row < U.Rows; row++)
        {
            TensorPrimitives.Multiply(U.Row(row), factors, scaled.Row(row));
        }

        return algebra.Multiply(scaled, V, transposeB: true);
    }

    /// <summary>Makes the directions of either side orthonormal, each moved as little as can be.</summary>
    public Directions Orthogonal(ILinearAlgebra algebra) => S.Length == 0 ? this : this with { U = algebra.Polar(U), V = algebra.Polar(V) };

    /// <summary>Several matrices of as many rows, side by side.</summary>
    public static Matrix<float> Join(IReadOnlyList<Matrix<float>> parts)
    {
        Matrix<float> joined = new(parts[0].Rows, parts.Sum(part => part.Columns));
        int start = 0;
        foreach (Matrix<float> part in parts)
        {
            for (int row = 0; row < part.Rows; row++)
            {
                part.Row(row).CopyTo(joined.Row(row)[start..]);
            }

            start += part.Columns;
        }

        return joined;
    }

    private static Matrix<float> First(Matrix<float> columns, int count)
    {
        Matrix<float> first = new(columns.Rows, count);
        for (int row = 0; row < first.Rows; row++)
        {
            columns.Row(row)[..count].CopyTo(first.Row(row));
        }

        return first;
    }
}
