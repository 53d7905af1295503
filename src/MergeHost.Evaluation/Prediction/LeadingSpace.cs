using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Evaluation.Prediction;

/// <summary>The directions in which a change is largest: its eight leading singular vectors, found by
/// subspace iteration in a few thin products.</summary>
/// <param name="Outputs"><c>[rows, k]</c>, orthonormal columns.</param>
/// <param name="Inputs"><c>[columns, k]</c>, orthonormal columns.</param>
/// <param name="StableRank"><c>‖τ‖_F² / σ₁²</c>: how many directions as strong as the strongest the change has.</param>
/// <seealso href="https://arxiv.org/abs/0909.4061">Finding structure with randomness</seealso>
internal sealed record LeadingSpace(Matrix<float> Outputs, Matrix<float> Inputs, double StableRank)
{
    private const int Directions = 8;
    private const int Spare = 4;
    private const int Rounds = 2;

    // Directions below this share of the first are rounding.
    private const double Smallest = 1e-4;

    /// <summary>Finds it.</summary>
    /// <param name="change">A task vector with two rows and columns at least.</param>
    /// <param name="algebra">Computes it.</param>
    /// <returns><see langword="null"/> of zeros.</returns>
    public static LeadingSpace? Of(Matrix<float> change, ILinearAlgebra algebra)
    {
        double length = TensorPrimitives.SumOfSquares<float>(change.Elements.Span);
        if (length == 0 || !double.IsFinite(length))
        {
            return null;
        }

        int width = Math.Min(Directions + Spare, Math.Min(change.Rows, change.Columns));
        Matrix<float> outputs = algebra.Qr(algebra.Multiply(change, Start(change.Columns, width))).Q;
        for (int round = 0; round < Rounds; round++)
        {
            Matrix<float> inputs = algebra.Qr(algebra.Multiply(change, outputs, transposeA: true)).Q;
            outputs = algebra.Qr(algebra.Multiply(change, inputs)).Q;
        }

        SingularValueDecomposition small = algebra.Decompose(algebra.Multiply(outputs, change, transposeA: true));
        int count = small.S.Take(Directions).Count(value => value > Smallest * small.S[0]);
        return new LeadingSpace(First(algebra.Multiply(outputs, small.U), count), First(small.V, count),
            length / (small.S[0] * small.S[0]));
    }

    /// <summary>How much two spaces share: the mean of cos² of the principal angles of outputs and of inputs; of
    /// random spaces it is k over the extent.</summary>
    public double SharedWith(LeadingSpace other, ILinearAlgebra algebra) =>
        (Shared(Outputs, other.Outputs, algebra) + Shared(Inputs, other.Inputs, algebra)) / 2;

    private static double Shared(Matrix<float> a, Matrix<float> b, ILinearAlgebra algebra) =>
        TensorPrimitives.SumOfSquares<float>(algebra.Multiply(a, b, transposeA: true).Elements.Span) / Math.Min(a.Columns, b.Columns);

    // Signs drawn by a fixed seed: any start does that no change is orthogonal to.
    private static Matrix<float> Start(int rows, int columns)
    {
        Random random = new(1);
        Matrix<float> start = new(rows, columns);
        foreach (ref float value in start.Elements.Span)
        {
            value = random.Next(2) == 0 ? -1 : 1;
        }

        return start;
    }

    private static Matrix<float> First(Matrix<float> matrix, int columns)
    {
        Matrix<float> first = new(matrix.Rows, columns);
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.Row(row)[..columns].CopyTo(first.Row(row));
        }

        return first;
    }
}
