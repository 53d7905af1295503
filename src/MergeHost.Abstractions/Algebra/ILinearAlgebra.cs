namespace MergeHost.Algebra;

/// <summary>Operations on matrices, by managed code or by libtorch on the recipe's device.</summary>
/// <remarks>
/// Every method allocates its result and leaves its arguments as they are. NaN and infinities in an argument give NaN in the
/// result, or an <see cref="ArithmeticException"/> where an iteration cannot end. Results are deterministic on one device and
/// agree between devices only to rounding.
/// </remarks>
public interface ILinearAlgebra
{
    /// <summary><c>op(a) · op(b)</c>, where op transposes if asked; products are summed in float64 and rounded once.</summary>
    /// <exception cref="ArgumentException">The inner extents differ.</exception>
    Matrix<float> Multiply(Matrix<float> a, Matrix<float> b, bool transposeA = false, bool transposeB = false);

    /// <summary><c>op(a) · op(b)</c> in float64, where op transposes if asked.</summary>
    /// <exception cref="ArgumentException">The inner extents differ.</exception>
    Matrix<double> Product(Matrix<double> a, Matrix<double> b, bool transposeA = false, bool transposeB = false);

    /// <summary>The Gram matrix of the shorter side in float64: <c>a·aᵀ</c> if there are no more
    /// rows than columns, else <c>aᵀ·a</c>.</summary>
    Matrix<double> Gram(Matrix<float> a);

    /// <inheritdoc cref="Gram(Matrix{float})"/>
    Matrix<double> Gram(Matrix<double> a);

    /// <summary>Eigenvalues of a symmetric matrix, ascending, and on request its eigenvectors.</summary>
    /// <param name="a">Square; only its lower triangle is read.</param>
    /// <param name="vectors">Whether eigenvectors are wanted.</param>
    /// <exception cref="ArgumentException"><paramref name="a"/> is not square.</exception>
    SymmetricEigen SymmetricEigen(Matrix<double> a, bool vectors = false);

    /// <summary>
    /// Singular values, descending, by the eigenvalues of the Gram matrix: right to about 1e-8 of the largest, so that values below
    /// that are noise.
    /// </summary>
    IReadOnlyList<double> SingularValues(Matrix<float> a);

    /// <summary>The thin singular value decomposition <c>a = u · diag(s) · vᵀ</c>, with the same
    /// limit as <see cref="SingularValues"/>.</summary>
    SingularValueDecomposition Decompose(Matrix<float> a);

    /// <summary>The largest singular values and their vectors: the best approximation of a by a matrix of that rank.</summary>
    /// <param name="a">The matrix.</param>
    /// <param name="count">How many, at least 0; all there are if it is more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    SingularValueDecomposition Decompose(Matrix<float> a, int count);

    /// <summary>
    /// The orthogonal factor of the polar decomposition, <c>u · vᵀ</c> of <c>a = u · diag(s) · vᵀ</c>: of all matrices with orthonormal
    /// columns (or rows, of a wide matrix) the nearest to a.
    /// </summary>
    /// <remarks>
    /// Directions whose singular value is below 1e-6 of the largest are rounding and are left out, so that a matrix of low rank gives an
    /// isometry between what it does not map to zero, and a matrix of zeros gives zeros.
    /// </remarks>
    Matrix<float> Polar(Matrix<float> a);

    /// <summary>The thin QR decomposition <c>a = q · r</c> with a non-negative diagonal of r.</summary>
    /// <exception cref="ArgumentException"><paramref name="a"/> has more columns than rows.</exception>
    (Matrix<float> Q, Matrix<float> R) Qr(Matrix<float> a);
}

/// <summary>What <see cref="ILinearAlgebra.SymmetricEigen"/> finds.</summary>
/// <param name="Values">The n eigenvalues, ascending.</param>
/// <param name="Vectors"><c>[n, n]</c>, one eigenvector a column in the order of the values;
/// <see langword="null"/> if they were not asked for.</param>
public sealed record SymmetricEigen(IReadOnlyList<double> Values, Matrix<double>? Vectors);

/// <summary>What <see cref="ILinearAlgebra.Decompose(Matrix{float})"/> finds, with k the smaller
/// extent, or as many as were asked for.</summary>
/// <param name="U"><c>[rows, k]</c>, orthonormal columns.</param>
/// <param name="S">The k singular values, descending.</param>
/// <param name="V"><c>[columns, k]</c>, orthonormal columns.</param>
public sealed record SingularValueDecomposition(Matrix<float> U, IReadOnlyList<double> S, Matrix<float> V);
