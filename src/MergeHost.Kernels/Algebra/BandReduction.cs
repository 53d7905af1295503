namespace MergeHost.Kernels.Algebra;

/// <summary>The first of two steps to tridiagonal form: a full symmetric matrix to one of some diagonals, <c>A = Q·B·Qᵀ</c>.</summary>
/// <remarks>
/// Going to tridiagonal form at once reads the whole matrix for each column and runs at the memory's speed. Here panels of columns
/// are reduced together, <c>A ← A − V·Wᵀ − W·Vᵀ</c>, which is all matrix products.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/365723.365735">Bischof, Lang, Sun, A framework for symmetric band reduction</seealso>
internal sealed unsafe class BandReduction(Householder householder, MatrixProduct product)
{
    /// <summary>Diagonals below the main one in the band matrix.</summary>
    public const int Bandwidth = 64;

    /// <summary>Reduces the lower triangle in place; the upper receives each panel's Vᵀ beside the panel's block on the diagonal.</summary>
    /// <param name="a">Square.</param>
    /// <param name="factors">Receives each panel's T, one below the other; as many rows as a, <see cref="Bandwidth"/> columns.</param>
    public void Reduce(View<double> a, View<double> factors)
    {
        nint stride = AlignedMemory.Stride(a.Rows);
        using AlignedMemory memory = new((3 * Bandwidth * stride) + (2 * Bandwidth * Bandwidth));
        double* squares = memory.Start + (3 * Bandwidth * stride);
        View<double> r = new(squares, Bandwidth, Bandwidth, Bandwidth);
        View<double> s = new(squares + (Bandwidth * Bandwidth), Bandwidth, Bandwidth, Bandwidth);
        for (int first = 0; first + Bandwidth < a.Rows; first += Bandwidth)
        {
            int next = first + Bandwidth;
            int rest = a.Rows - next;
            View<double> work = new(memory.Start, 3 * Bandwidth, rest, stride);
            View<double> panel = work.Block(0, 0, Bandwidth, rest);
            View<double> t = factors.Block(first, 0, Bandwidth, Bandwidth);
            Copy(a.Block(next, first, rest, Bandwidth).Transposed, panel);
            int count = householder.Factor(panel, r, t);
            Copy(r.Block(0, 0, count, Bandwidth), a.Block(next, first, count, Bandwidth));
            View<double> v = work.Block(0, 0, count, rest);
            Copy(v, a.Block(first, next, count, rest));
            Update(a.Block(next, next, rest, rest), work, t.Block(0, 0, count, count), s.Block(0, 0, count, count));
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

    // With X = A·V·T and W = X − V·(Tᵀ·Vᵀ·X)/2. The rows of work are Vᵀ, Wᵀ and Vᵀ again, so that both
    // [V W]·[W V]ᵀ's factors lie in one piece.
    private void Update(View<double> a, View<double> work, View<double> t, View<double> s)
    {
        int count = t.Rows;
        View<double> v = work.Block(0, 0, count, a.Rows);
        View<double> w = work.Block(count, 0, count, a.Rows);
        View<double> again = work.Block(2 * count, 0, count, a.Rows);
        again.Clear();
        product.AddSymmetric(again, v, a);
        w.Clear();
        product.Add(w, t.Transposed, again);

        double* inner = stackalloc double[count * count];
        View<double> x = new(inner, count, count, count);
        x.Clear();
        product.Add(x, w, v.Transposed);
        s.Clear();
        product.Add(s, x, t);
        product.Add(w, s, v, -0.5);

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
