using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>The thin QR decomposition by reflections, some columns at a time.</summary>
internal sealed unsafe class QrFactorization(Householder householder)
{
    private const int Panel = 64;

    /// <summary>Factors a matrix with no more columns than rows, <c>A = Q·R</c>.</summary>
    /// <param name="columns">The columns of A, one a row; become those of Q, which are orthonormal whatever A's rank is.</param>
    /// <param name="r">Receives R, its diagonal non-negative, zeros below it; square.</param>
    public void Factor(View<double> columns, View<double> r)
    {
        int count = columns.Rows;
        int length = columns.Columns;
        using AlignedMemory memory = new((nint)count * (Panel + length));
        View<double> factors = new(memory.Start, count, Panel, Panel);
        View<double> q = new(memory.Start + ((nint)count * Panel), count, length, length);
        r.Clear();
        for (int first = 0; first < count; first += Panel)
        {
            int width = int.Min(Panel, count - first);
            View<double> panel = columns.Block(first, first, width, length - first);
            View<double> t = factors.Block(first, 0, width, width);
            householder.Factor(panel, r.Block(first, first, width, width), t);
            int next = first + width;
            householder.Apply(columns.Block(next, first, count - next, length - first), panel, t);
            MoveRows(columns.Block(next, first, count - next, width), r.Block(first, next, width, count - next));
        }

        q.Clear();
        for (int first = (count - 1) / Panel * Panel; first >= 0; first -= Panel)
        {
            int width = int.Min(Panel, count - first);
            for (int i = first; i < first + width; i++)
            {
                *q.At(i, i) = 1;
            }

            View<double> v = columns.Block(first, first, width, length - first);
            View<double> t = factors.Block(first, 0, width, width);
            householder.Apply(q.Block(first, first, count - first, length - first), v, t.Transposed);
        }

        for (int i = 0; i < count; i++)
        {
            double sign = *r.At(i, i) < 0 ? -1 : 1;
            Scale(q.Block(i, 0, 1, length), sign, columns.Block(i, 0, 1, length));
            Scale(r.Block(i, 0, 1, count), sign, r.Block(i, 0, 1, count));
        }
    }

    // What a panel leaves of the later columns in its own rows is R's.
    private static void MoveRows(View<double> columns, View<double> r)
    {
        for (int column = 0; column < columns.Rows; column++)
        {
            for (int row = 0; row < columns.Columns; row++)
            {
                *r.At(row, column) = *columns.At(column, row);
            }
        }
    }

    private static void Scale(View<double> source, double factor, View<double> destination)
    {
        for (int column = 0; column < source.Columns; column++)
        {
            *destination.At(0, column) = factor * *source.At(0, column);
        }
    }
}
