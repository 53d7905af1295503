using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>The first of two steps to tridiagonal form: a full symmetric matrix to a band matrix, <c>A = Q·B·Qᵀ</c>.</summary>
/// <remarks>
/// Going to tridiagonal form at once reads the whole matrix for each column, so that half of the work runs at the memory's speed.
/// Here panels of columns are reduced together, <c>A ← A − V·Wᵀ − W·Vᵀ</c>, which is all matrix products.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/365723.365735">
/// Bischof, Lang, Sun, A framework for symmetric band reduction
/// </seealso>
internal sealed unsafe class BandReduction(Householder householder, MatrixProduct product)
{
    /// <summary>Diagonals below the main one in the band matrix.</summary>
    public const int Bandwidth = 64;

    /// <summary>Reduces the lower triangle in place; the upper one receives each panel's Vᵀ, right of its diagonal block.</summary>
    /// <param name="a">Square.</param>
    /// <param name="factors">Receives the panels' T, one below the other; as many rows as a, and the band's width.</param>
    public void Reduce(View<double> a, View<double> factors)
    {
        nint stride = AlignedMemory.Stride(a.Rows);
        using AlignedMemory memory = new((3 * Bandwidth * stride) + (2 * Bandwidth * Bandwidth));
        View<double> squares = new(memory.Start + (3 * Bandwidth * stride), 2 * Bandwidth, Bandwidth, Bandwidth);
        for (int first = 0; first + Bandwidth < a.Rows; first += Bandwidth)
        {
            int next = first + Bandwidth;
            int rest = a.Rows - next;
            View<double> work = new(memory.Start, 3 * Bandwidth, rest, stride);
            View<double> panel = work.Block(0, 0, Bandwidth, rest);
            View<double> t = factors.Block(first, 0, Bandwidth, Bandwidth);
            Copy(a.Block(next, first, rest, Bandwidth).Transposed, panel);
            int count = int.Min(Bandwidth, rest);
            View<double> r = squares.Block(0, 0, count, Bandwidth);
            householder.Factor(panel, r, t);
            Copy(r, a.Block(next, first, count, Bandwidth));
            Copy(panel.Block(0, 0, count, rest), a.Block(first, next, count, rest));
            Update(a.Block(next, next, rest, rest), work, t.Block(0, 0, count, count), squares);
        }
    }

    /// <summary>Takes eigenvectors of the band matrix to those of the matrix: <c>vectors ← vectors·Qᵀ</c>.</summary>
    /// <param name="a">As <see cref="Reduce"/> left it.</param>
    /// <param name="factors">As <see cref="Reduce"/> left them.</param>
    /// <param name="vectors">One a row.</param>
    public void Restore(View<double> a, View<double> factors, View<double> vectors)
    {
        int last = (a.Rows - 1) / Bandwidth * Bandwidth;
        for (int first = last - Bandwidth; first >= 0; first -= Bandwidth)
        {
            int next = first + Bandwidth;
            int rest = a.Rows - next;
            int count = int.Min(Bandwidth, rest);
            householder.Apply(
                vectors.Block(0, next, vectors.Rows, rest),
                a.Block(first, next, count, rest),
                factors.Block(first, 0, count, count).Transposed);
        }
    }

    // A ← A − V·Wᵀ − W·Vᵀ with W = X − V·(Tᵀ·Vᵀ·X)/2 and X = A·V·T. The rows of work are Vᵀ, Wᵀ and Vᵀ again, so that [V W] and
    // [W V] each lie in one piece.
    private void Update(View<double> a, View<double> work, View<double> t, View<double> squares)
    {
        int count = t.Rows;
        View<double> inner = squares.Block(0, 0, count, count);
        View<double> half = squares.Block(Bandwidth, 0, count, count);
        View<double> v = work.Block(0, 0, count, a.Rows);
        View<double> w = work.Block(count, 0, count, a.Rows);
        View<double> again = work.Block(2 * count, 0, count, a.Rows);
        again.Clear();
        product.AddSymmetric(again, v, a);
        w.Clear();
        product.Add(w, t.Transposed, again);
        inner.Clear();
        product.Add(inner, w, v.Transposed);
        half.Clear();
        product.Add(half, inner, t, 0.5);
        product.Add(w, half, v, -1);
        Copy(v, again);
        View<double> left = work.Block(0, 0, 2 * count, a.Rows);
        View<double> right = work.Block(count, 0, 2 * count, a.Rows);
        product.AddLower(a, left.Transposed, right, -1);
    }

    private static void Copy(View<double> source, View<double> destination)
    {
        for (int row = 0; row < source.Rows; row++)
        {
            for (int column = 0; column < source.Columns; column++)
            {
                *destination.At(row, column) = *source.At(row, column);
            }
        }
    }
}
