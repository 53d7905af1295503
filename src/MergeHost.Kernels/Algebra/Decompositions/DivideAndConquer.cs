using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by tearing it apart down to single numbers.</summary>
/// <seealso href="https://doi.org/10.1007/BF01396757">
/// Cuppen, A divide and conquer method for the symmetric tridiagonal eigenproblem
/// </seealso>
internal sealed unsafe class DivideAndConquer(DoubleKernels kernels, Workers workers)
{
    private const int LargestOfOneThread = 128;

    /// <summary>Finds all eigenpairs.</summary>
    /// <param name="diagonal">The diagonal; becomes the eigenvalues, in no order.</param>
    /// <param name="offDiagonal">What is beside the diagonal, and one number more that is not read.</param>
    /// <param name="vectors">Square; receives the eigenvector of each eigenvalue, one a row.</param>
    /// <exception cref="ArithmeticException">A secular equation's root was not found.</exception>
    public void Solve(double[] diagonal, double[] offDiagonal, View<double> vectors)
    {
        int n = diagonal.Length;
        vectors.Clear();
        for (int i = 0; i < n; i++)
        {
            *vectors.At(i, i) = 1;
            diagonal[i] -= (i > 0 ? double.Abs(offDiagonal[i - 1]) : 0) + (i < n - 1 ? double.Abs(offDiagonal[i]) : 0);
        }

        nint stride = AlignedMemory.Stride(n);
        using AlignedMemory memory = new(2 * n * stride);
        View<double> rows = new(memory.Start, n, n, stride);
        View<double> combinations = new(memory.Start + (n * stride), n, n, stride);
        List<Part> parts = [];
        Tear(new(0, n), LargestOfOneThread, parts);
        workers.Run(parts.Count, 1, (part, _) => Solve(parts[part], 1, new Workers(threads: 1)));
        Solve(new(0, n), LargestOfOneThread, workers);

        void Solve(Part part, int solved, Workers team)
        {
            if (part.Count <= solved)
            {
                return;
            }

            Solve(part.First, solved, team);
            Solve(part.Second, solved, team);
            int count = part.Count;
            new TornMatrix(new(kernels, team), team).Mend(
                diagonal.AsSpan(part.Start, count),
                vectors.Block(part.Start, part.Start, count, count),
                part.First.Count,
                offDiagonal[part.Second.Start - 1],
                rows.Block(part.Start, part.Start, count, count),
                combinations.Block(part.Start, part.Start, count, count));
        }
    }

    private static void Tear(Part part, int largest, List<Part> parts)
    {
        if (part.Count <= largest)
        {
            parts.Add(part);
            return;
        }

        Tear(part.First, largest, parts);
        Tear(part.Second, largest, parts);
    }

    private readonly record struct Part(int Start, int Count)
    {
        public Part First => new(Start, Count / 2);

        public Part Second => new(Start + (Count / 2), Count - (Count / 2));
    }
}
