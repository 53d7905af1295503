using System.Runtime.InteropServices;
using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>The second of two steps to tridiagonal form: a band matrix to a tridiagonal one, <c>B = Q·T·Qᵀ</c>.</summary>
/// <remarks>
/// For each column a reflection clears what is below its subdiagonal. Applied from both sides it fills a block below the band;
/// a second reflection clears the first column of that block and fills the next block, and so on down to the end. All blocks are
/// squares of the bandwidth; beyond the matrix's end there are zeros, so that no block is a special case.
/// </remarks>
/// <seealso href="https://doi.org/10.1137/0914078">
/// Lang, A parallel algorithm for reducing symmetric banded matrices to tridiagonal form
/// </seealso>
internal sealed unsafe class BulgeChase(DoubleKernels kernels, Householder householder, Workers workers)
{
    private const int Size = BandReduction.Bandwidth;

    // Columns of a diagonal block that are treated together.
    private const int Group = 8;

    // Columns are stored from the diagonal down, the band and the block below it. Above the diagonal there is room that a group
    // may write to, so that its columns can begin in the same row.
    private const int ColumnLength = Group + (2 * Size);

    // A sweep may be two blocks behind the one before it. Some sweeps over a run of blocks, each sweep's run beginning two blocks
    // before that of the sweep before it, are one part; parts that lie apart by one group of sweeps and two runs are independent.
    private const int SweepsOfPart = 4;
    private const int Lag = 2;
    private const int BlocksOfPart = Lag * SweepsOfPart;
    private const int SweepsToRestore = 16;

    /// <summary>Reduces a matrix that is zero outside its band.</summary>
    /// <param name="a">Square; its lower triangle is read within the band and left as it is.</param>
    /// <param name="diagonal">Receives T's diagonal.</param>
    /// <param name="offDiagonal">Receives what is beside the diagonal, and a zero at the end.</param>
    /// <param name="reflections">Receives the reflections, square: row s holds those of column s, v after v from column s + 1 on,
    /// with τ in the place of each v's leading 1.</param>
    public void Reduce(View<double> a, Span<double> diagonal, Span<double> offDiagonal, View<double> reflections)
    {
        int n = a.Rows;
        nint length = (nint)(n + (2 * Size)) * ColumnLength;
        using AlignedMemory memory = new(length);
        NativeMemory.Clear(memory.Start, (nuint)length * sizeof(double));
        View<double> band = new(memory.Start + Group, n + Size, n + Size, 1, ColumnLength - 1);
        Load(a, band);
        int groups = Ceiling(n - 1, SweepsOfPart);
        int waves = (2 * groups) + Ceiling(Ceiling(n, Size) + (Lag * SweepsOfPart), BlocksOfPart);
        for (int wave = 0; wave < waves; wave++)
        {
            int last = int.Min(wave / 2, groups - 1);
            int current = wave;
            workers.Run(last + 1, 1, (part, _) => Chase(band, last - part, current - (2 * (last - part)), reflections));
        }

        for (int column = 0; column < n; column++)
        {
            diagonal[column] = *band.At(column, column);
            offDiagonal[column] = *band.At(column + 1, column);
        }
    }

    /// <summary>Takes eigenvectors of the tridiagonal matrix to those of the band matrix: <c>vectors ← vectors·Qᵀ</c>.</summary>
    /// <param name="reflections">As <see cref="Reduce"/> left them.</param>
    /// <param name="vectors">One a row.</param>
    public void Restore(View<double> reflections, View<double> vectors)
    {
        // Blocks of one number, of neighbouring sweeps, overlap, and stay in a cache while these sweeps are undone from the last
        // to the first. Going on with the next block before the other sweeps swaps only reflections that have no row in common.
        int n = reflections.Rows;
        for (int end = n - 1; end > 0; end -= SweepsToRestore)
        {
            int start = int.Max(0, end - SweepsToRestore);
            for (int block = 0; start + 1 + (block * Size) < n; block++)
            {
                for (int column = end - 1; column >= start; column -= 2)
                {
                    Undo(reflections, column, column > start, block, vectors);
                }
            }
        }
    }

    // Undoes the reflections of one block of a sweep and of the sweep before, which begins one row above, together. The zeros
    // behind their v make the window one of whole registers, except at the end of the matrix.
    private void Undo(View<double> reflections, int column, bool isPair, int block, View<double> vectors)
    {
        int first = column + (block * Size);
        int count = int.Min(Size + Group, reflections.Columns - first);
        if (count < 2)
        {
            return;
        }

        double* later = stackalloc double[Size + Group];
        double* earlier = stackalloc double[Size + Group];
        new Span<double>(later, count).Clear();
        new Span<double>(earlier, count).Clear();
        double laterTau = Take(reflections.Block(column, first + 1, 1, int.Min(Size, count - 1)), later + 1);
        double earlierTau = isPair ? Take(reflections.Block(column - 1, first, 1, int.Min(Size, count)), earlier) : 0;
        double inner = kernels.Dot(later, earlier, count);
        double* laterFactors = stackalloc double[vectors.Rows];
        double* earlierFactors = stackalloc double[vectors.Rows];
        View<double> window = vectors.Block(0, first, vectors.Rows, count).Transposed;
        kernels.TransposedProducts(window, later, laterFactors, earlier, earlierFactors);
        for (int i = 0; i < vectors.Rows; i++)
        {
            laterFactors[i] *= -laterTau;
            earlierFactors[i] = -earlierTau * (earlierFactors[i] + (inner * laterFactors[i]));
        }

        kernels.AddOuters(window, later, laterFactors, earlier, earlierFactors);
    }

    private static double Take(View<double> kept, double* v)
    {
        kept.Row(0).CopyTo(new Span<double>(v, kept.Columns));
        *v = 1;
        return *kept.Start;
    }

    private void Chase(View<double> band, int group, int run, View<double> reflections)
    {
        int n = reflections.Rows;
        double* v = stackalloc double[Size];
        double* work = stackalloc double[Size];
        for (int sweep = 0; sweep < SweepsOfPart; sweep++)
        {
            int column = (group * SweepsOfPart) + sweep;
            int firstBlock = (run * BlocksOfPart) - (Lag * sweep);
            int end = firstBlock + BlocksOfPart;
            for (int block = int.Max(0, firstBlock); block < end; block++)
            {
                int first = column + 1 + (block * Size);
                if (first >= n)
                {
                    break;
                }

                int before = first - Size;
                double tau = block == 0
                    ? Reflect(band.At(first, column), v)
                    : ReflectBelow(band.Block(first, before, Size, Size), reflections.At(column, before), v, work);
                ReflectBothSides(band.Block(first, first, Size, Size), v, tau, work);
                Keep(v, tau, reflections.Block(column, first, 1, int.Min(Size, n - first)));
            }
        }
    }

    // D ← H·D·H = D − v·wᵀ − w·vᵀ with p = τ·D·v and w = p − v·τ·(pᵀv)/2, in the lower triangle.
    private void ReflectBothSides(View<double> block, double* v, double tau, double* w)
    {
        new Span<double>(w, Size).Clear();
        AddSymmetricProduct(block, v, w);
        double half = -0.5 * tau * tau * kernels.Dot(w, v, Size);
        double* minusV = stackalloc double[Size];
        double* minusW = stackalloc double[Size];
        for (int i = 0; i < Size; i++)
        {
            w[i] = (tau * w[i]) + (half * v[i]);
            minusV[i] = -v[i];
            minusW[i] = -w[i];
        }

        for (int i = 0; i < Size; i += Group)
        {
            kernels.AddOuters(block.Block(i, i, Size - i, Group), v + i, minusW + i, w + i, minusV + i);
        }
    }

    // y += D·x from D's lower triangle: a group of columns at a time, its square on the diagonal filled up, the rest used twice.
    private void AddSymmetricProduct(View<double> block, double* x, double* y)
    {
        double* full = stackalloc double[Group * Group];
        View<double> square = new(full, Group, Group, 1, Group);
        double* inner = stackalloc double[Group];
        for (int first = 0; first < Size; first += Group)
        {
            for (int column = 0; column < Group; column++)
            {
                for (int row = column; row < Group; row++)
                {
                    double number = *block.At(first + row, first + column);
                    *square.At(row, column) = number;
                    *square.At(column, row) = number;
                }
            }

            kernels.AddProduct(square, x + first, y + first);
            int next = first + Group;
            View<double> below = block.Block(next, first, Size - next, Group);
            kernels.AddProduct(below, x + first, y + next);
            kernels.TransposedProduct(below, x + next, inner);
            for (int i = 0; i < Group; i++)
            {
                y[first + i] += inner[i];
            }
        }
    }

    // B ← H′·B·H = B − p·vᵀ − v′·qᵀ with p = τ·B·v and q = τ′·(Bᵀ·v′ − v·pᵀ·v′), where H′ clears the first column of B·H.
    private double ReflectBelow(View<double> block, double* kept, double* newV, double* p)
    {
        double tau = *kept;
        double* v = stackalloc double[Size];
        new Span<double>(kept, Size).CopyTo(new Span<double>(v, Size));
        v[0] = 1;
        new Span<double>(p, Size).Clear();
        kernels.AddProduct(block, v, p);
        for (int i = 0; i < Size; i++)
        {
            p[i] *= -tau;
        }

        kernels.AddOuter(block.Block(0, 0, Size, 1), p, v);
        double newTau = Reflect(block.Start, newV);
        View<double> rest = block.Block(0, 1, Size, Size - 1);
        double* q = stackalloc double[Size];
        kernels.TransposedProduct(rest, newV, q);
        double inner = kernels.Dot(p, newV, Size);
        for (int i = 0; i < Size - 1; i++)
        {
            q[i] = -newTau * (q[i] + (inner * v[i + 1]));
        }

        kernels.AddOuters(rest, p, v + 1, newV, q);
        return newTau;
    }

    private double Reflect(double* x, double* v)
    {
        new Span<double>(x, Size).CopyTo(new Span<double>(v, Size));
        new Span<double>(x, Size).Clear();
        (*x, double tau) = householder.Reflect(v, Size);
        return tau;
    }

    private static void Keep(double* v, double tau, View<double> place)
    {
        new Span<double>(v, place.Columns).CopyTo(new Span<double>(place.Start, place.Columns));
        *place.Start = tau;
    }

    private static void Load(View<double> a, View<double> band)
    {
        for (int row = 0; row < a.Rows; row++)
        {
            for (int column = int.Max(0, row - Size); column <= row; column++)
            {
                *band.At(row, column) = *a.At(row, column);
            }
        }
    }

    private static int Ceiling(int length, int part) => (length + part - 1) / part;
}
