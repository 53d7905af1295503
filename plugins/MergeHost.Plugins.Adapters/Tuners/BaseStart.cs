using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>What an adapter's start took from the base, from the base itself: PEFT takes it again whenever it loads the adapter.</summary>
internal static class BaseStart
{
    /// <summary>Finds how an adapter started.</summary>
    /// <param name="start"><c>init_lora_weights</c></param>
    /// <param name="isKasa">Whether it is KaSA.</param>
    /// <param name="rank">The adapter's rank.</param>
    /// <param name="scale">The adapter's scale.</param>
    /// <returns>Gives the change to the base, for a matrix as it is stored; <see langword="null"/> if the base is as it was.</returns>
    public static Func<AdaptedTensor, Factors>? Of(string start, bool isKasa, int rank, double scale)
    {
        if (isKasa)
        {
            return target => Components(target, rank, isOfLast: true);
        }

        return start switch
        {
            "olora" => target => Columns(Whole(target), rank, scale),
            _ when start.StartsWith("pissa", StringComparison.Ordinal) => target => Components(target, rank, isOfLast: false),
            _ => null,
        };
    }

    // −U·S·Vᵀ of the largest singular values, or of the last.
    private static Factors Components(AdaptedTensor target, int rank, bool isOfLast)
    {
        SingularValueDecomposition parts = new ManagedLinearAlgebra().Decompose(Whole(target), isOfLast ? int.MaxValue : rank);
        int count = Math.Min(rank, parts.S.Count);
        int first = parts.S.Count - count;
        return new Factors(
            MatrixOperations.Make(target.Rows, count, (row, column) => -parts.U[row, first + column] * parts.S[first + column]),
            MatrixOperations.Make(count, target.Columns, (row, column) => parts.V[column, first + row]));
    }

    // −s·Q·R of the first columns, orthonormal by Gram and Schmidt, twice.
    private static Factors Columns(Matrix<float> whole, int rank, double scale)
    {
        double[][] q = new double[Math.Min(rank, Math.Min(whole.Rows, whole.Columns))][];
        for (int column = 0; column < q.Length; column++)
        {
            double[] next = new double[whole.Rows];
            for (int row = 0; row < next.Length; row++)
            {
                next[row] = whole[row, column];
            }

            for (int pass = 0; pass < 2; pass++)
            {
                foreach (double[] before in q[..column])
                {
                    double product = TensorPrimitives.Dot<double>(next, before);
                    TensorPrimitives.MultiplyAdd(before, -product, next, next);
                }
            }

            TensorPrimitives.Divide(next, TensorPrimitives.Norm<double>(next), next);
            q[column] = next;
        }

        double[][] r = [.. q.Select(_ => new double[whole.Columns])];
        double[] wide = new double[whole.Columns];
        for (int row = 0; row < whole.Rows; row++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(whole.Row(row), wide);
            for (int i = 0; i < q.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(wide, q[i][row], r[i], r[i]);
            }
        }

        return new Factors(MatrixOperations.Make(whole.Rows, q.Length, (row, column) => -scale * q[column][row]),
            MatrixOperations.Make(q.Length, whole.Columns, (row, column) => r[row][column]));
    }

    private static Matrix<float> Whole(AdaptedTensor target)
    {
        Matrix<float> whole = new(target.Rows, target.Columns);
        target.Trained.Read(0, whole.Elements.Span);
        return whole;
    }
}
