using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Reflections <c>H = I − τ·v·vᵀ</c> with <c>v₀ = 1</c>, one by one and many at once.</summary>
/// <remarks>
/// A matrix is factored through its transpose: its columns are the rows of a <see cref="View{T}"/>, so that each lies in memory
/// in one piece. k reflections are applied together as <c>H₁⋯Hₖ = I − V·T·Vᵀ</c> with V's columns the v and T upper triangular.
/// </remarks>
/// <seealso href="https://doi.org/10.1137/0910005">
/// Schreiber, Van Loan, A storage-efficient WY representation for products of Householder transformations
/// </seealso>
internal sealed unsafe class Householder(DoubleKernels kernels, MatrixProduct product)
{
    // Squares below this have lost digits, or soon will; matrices are scaled so that nothing of interest is that small.
    private const double NegligibleSquare = 1e-280;

    /// <summary>Finds the reflection that turns x into <c>(β, 0, …, 0)</c>, and writes its v over x.</summary>
    public (double Beta, double Tau) Reflect(double* x, nint count)
    {
        double first = x[0];
        double tail = kernels.Dot(x + 1, x + 1, count - 1);
        x[0] = 1;
        if (tail < NegligibleSquare)
        {
            new Span<double>(x + 1, (int)count - 1).Clear();
            return (first, 0);
        }

        double beta = -double.CopySign(double.Sqrt((first * first) + tail), first);
        double scale = 1 / (first - beta);
        for (nint i = 1; i < count; i++)
        {
            x[i] *= scale;
        }

        return (beta, (beta - first) / beta);
    }

    /// <summary>Factors a matrix into Q·R.</summary>
    /// <param name="columns">The matrix's columns, one a row; becomes Vᵀ in as many rows as there are reflections.</param>
    /// <param name="r">Receives R; as many rows as there are reflections, the smaller extent of the matrix.</param>
    /// <param name="t">Receives T; not smaller than the number of reflections.</param>
    public void Factor(View<double> columns, View<double> r, View<double> t)
    {
        int count = r.Rows;
        double* tau = stackalloc double[count];
        double* inner = stackalloc double[columns.Rows];
        r.Clear();
        for (int column = 0; column < columns.Rows; column++)
        {
            int above = int.Min(column, count);
            double* x = columns.At(column, 0);
            for (int row = 0; row < above; row++)
            {
                *r.At(row, column) = x[row];
                x[row] = 0;
            }

            if (column >= count)
            {
                continue;
            }

            nint length = columns.Columns - column;
            double* v = x + column;
            (*r.At(column, column), tau[column]) = Reflect(v, length);
            View<double> others = columns.Block(column + 1, column, columns.Rows - column - 1, (int)length).Transposed;
            kernels.TransposedProduct(others, v, inner);
            for (int i = 0; i < others.Columns; i++)
            {
                inner[i] *= -tau[column];
            }

            kernels.AddOuter(others, v, inner);
        }

        Combine(columns.Block(0, 0, count, columns.Columns), tau, t.Block(0, 0, count, count));
    }

    /// <summary><c>rows ← rows·(I − V·T·Vᵀ)</c>.</summary>
    /// <param name="rows">As long as the v.</param>
    /// <param name="v">Vᵀ, one v a row.</param>
    /// <param name="t">T, or its transpose for the inverse.</param>
    public void Apply(View<double> rows, View<double> v, View<double> t)
    {
        nint count = (nint)rows.Rows * v.Rows;
        using AlignedMemory memory = new(2 * count);
        View<double> inner = new(memory.Start, rows.Rows, v.Rows, v.Rows);
        View<double> outer = new(memory.Start + count, rows.Rows, v.Rows, v.Rows);
        inner.Clear();
        outer.Clear();
        product.Add(inner, rows, v.Transposed);
        product.Add(outer, inner, t);
        product.Add(rows, outer, v, -1);
    }

    // T's column j is −τⱼ·T·(Vᵀvⱼ) above the diagonal, and τⱼ on it.
    private void Combine(View<double> vectors, double* tau, View<double> t)
    {
        t.Clear();
        product.Add(t, vectors, vectors.Transposed);
        for (int column = 0; column < vectors.Rows; column++)
        {
            for (int row = 0; row < column; row++)
            {
                double sum = 0;
                for (int i = row; i < column; i++)
                {
                    sum += *t.At(row, i) * *t.At(i, column);
                }

                *t.At(row, column) = -tau[column] * sum;
                *t.At(column, row) = 0;
            }

            *t.At(column, column) = tau[column];
        }
    }
}
