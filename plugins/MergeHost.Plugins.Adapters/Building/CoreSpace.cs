using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>The space that several products <c>Bᵢ·Aᵢ</c> span together, in which each is a small matrix: <c>Bᵢ·Aᵢ = U·Mᵢ·Vᵀ</c>.</summary>
/// <remarks>
/// U and V are orthonormal: the left singular vectors of all <c>Bᵢ</c> side by side, and the right ones of all <c>Aᵢ</c> below each other.
/// Nothing is lost, and what is done to the small matrices costs the square of the ranks' sum, whatever the size of the model.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2509.17786">Accurate and Efficient Low-Rank Model Merging in Core Space</seealso>
internal sealed class CoreSpace
{
    private readonly ILinearAlgebra _algebra;
    private readonly Matrix<float> _left;
    private readonly Matrix<float> _right;

    /// <param name="products">The products, each with its scale folded in.</param>
    /// <param name="algebra">Matrix operations.</param>
    public CoreSpace(IReadOnlyList<Factors> products, ILinearAlgebra algebra)
    {
        _algebra = algebra;
        Factors all = products.Aggregate((sum, product) => sum.Plus(product));
        _left = Basis(all.Left);
        _right = Basis(all.Right.Transpose());
        Cores = [.. products.Select(product => algebra.Multiply(
            algebra.Multiply(_left, product.Left, transposeA: true), algebra.Multiply(product.Right, _right)))];
    }

    /// <summary>The small matrices Mᵢ.</summary>
    public IReadOnlyList<Matrix<float>> Cores { get; }

    /// <summary>Gives a small matrix back as a product, of the largest rank that is allowed: the nearest one there is.</summary>
    /// <param name="core">The small matrix.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="whole">The squared length of the matrix.</param>
    /// <param name="cut">The squared length of what was cut away.</param>
    public Factors Expand(Matrix<float> core, int rank, out double whole, out double cut)
    {
        SingularValueDecomposition parts = _algebra.Decompose(core);
        whole = parts.S.Sum(value => value * value);
        cut = parts.S.Skip(rank).Sum(value => value * value);
        Factors small = Halves(parts, rank);
        return new Factors(_algebra.Multiply(_left, small.Left), _algebra.Multiply(small.Right, _right, transposeB: true));
    }

    /// <summary>The leading parts of a decomposition as two factors, each with the root of the singular values.</summary>
    public static Factors Halves(SingularValueDecomposition parts, int rank)
    {
        int count = Math.Min(rank, parts.S.Count);
        double[] roots = [.. parts.S.Take(count).Select(value => Math.Sqrt(Math.Max(0, value)))];
        return new Factors(
            MatrixOperations.Make(parts.U.Rows, rank, (row, k) => k < count ? parts.U[row, k] * roots[k] : 0),
            MatrixOperations.Make(rank, parts.V.Rows, (k, column) => k < count ? parts.V[column, k] * roots[k] : 0));
    }

    // The left singular vectors of a matrix. Those of the triangle are eigenvectors, which are orthonormal however small their values are.
    private Matrix<float> Basis(Matrix<float> matrix)
    {
        if (matrix.Columns > matrix.Rows)
        {
            return Vectors(_algebra.SymmetricEigen(_algebra.Gram(matrix), vectors: true));
        }

        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(matrix);
        return _algebra.Multiply(q, Vectors(_algebra.SymmetricEigen(_algebra.Gram(r), vectors: true)));
    }

    // Descending.
    private static Matrix<float> Vectors(SymmetricEigen eigen)
    {
        Matrix<double> vectors = eigen.Vectors!.Value;
        Matrix<float> result = new(vectors.Rows, vectors.Columns);
        for (int row = 0; row < vectors.Rows; row++)
        {
            TensorPrimitives.ConvertTruncating<double, float>(vectors.Row(row), result.Row(row));
            result.Row(row).Reverse();
        }

        return result;
    }
}
