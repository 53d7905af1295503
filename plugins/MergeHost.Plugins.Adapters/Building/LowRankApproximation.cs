using MergeHost.Algebra;
using MergeHost.Kernels.Randomness;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>The nearest product of a rank to a matrix: its leading singular values and vectors.</summary>
/// <remarks>
/// Small matrices, and all if asked, are decomposed as a whole. Of others the leading directions are sought in the image of some more
/// random ones, under which the matrix has been applied several times; what is left over is then at most a little more than the least.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/0909.4061">Halko, Martinsson, Tropp, Finding structure with randomness</seealso>
internal sealed class LowRankApproximation(ILinearAlgebra algebra, long seed, bool isExact)
{
    // Below it a whole decomposition is as fast.
    private const int Small = 512;
    private const int Passes = 3;

    /// <summary>Finds the factors, each with the root of the singular values.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="name">Tells the random directions of one matrix from those of others.</param>
    public Factors Of(Matrix<float> matrix, int rank, string name)
    {
        int width = rank + Math.Max(16, rank / 2);
        int least = Math.Min(matrix.Rows, matrix.Columns);
        if (isExact || least <= Small || 3 * width >= least)
        {
            return CoreSpace.Halves(algebra.Decompose(matrix, rank), rank);
        }

        Matrix<float> image = algebra.Multiply(matrix, Directions(matrix.Columns, width, name));
        for (int pass = 0; pass < Passes; pass++)
        {
            Matrix<float> other = algebra.Multiply(matrix, algebra.Qr(image).Q, transposeA: true);
            image = algebra.Multiply(matrix, algebra.Qr(other).Q);
        }

        Matrix<float> basis = algebra.Qr(image).Q;
        Factors small = CoreSpace.Halves(algebra.Decompose(algebra.Multiply(basis, matrix, transposeA: true), rank), rank);
        return small with { Left = algebra.Multiply(basis, small.Left) };
    }

    private Matrix<float> Directions(int rows, int columns, string name)
    {
        ushort[] numbers = new ushort[rows * columns];
        new Philox(seed, 0, name).Fill(0, numbers);
        Matrix<float> result = new(rows, columns);
        Span<float> to = result.Elements.Span;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = numbers[i] - 32767.5f;
        }

        return result;
    }
}
