using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Eigenvalues and eigenvectors of a symmetric matrix: to a band, to three diagonals, to one, and back.</summary>
internal sealed unsafe class SymmetricEigenproblem
{
    // Vectors that are taken back to the band together: few enough to stay in a cache, enough to be worth loading a reflection.
    private const int VectorsOfPart = 48;
    private const int Bandwidth = BandReduction.Bandwidth;

    private readonly DoubleKernels _kernels;
    private readonly Workers _workers;
    private readonly MatrixProduct _product;
    private readonly BandReduction _bandReduction;
    private readonly BulgeChase _bulgeChase;

    public SymmetricEigenproblem(DoubleKernels kernels, Workers workers)
    {
        _kernels = kernels;
        _workers = workers;
        _product = new(kernels, workers);
        Householder householder = new(kernels, _product);
        _bandReduction = new(householder, _product);
        _bulgeChase = new(kernels, householder, workers);
    }

    /// <summary>Finds the eigenvalues, ascending.</summary>
    /// <param name="a">Square; its lower triangle is read and the whole is lost.</param>
    /// <exception cref="ArithmeticException">NaN or infinity in the matrix, or no convergence.</exception>
    public double[] Values(View<double> a)
    {
        double scale = Scale(a);
        double[] values = new double[a.Rows];
        double[] offDiagonal = new double[a.Rows];
        using AlignedMemory factors = new((nint)a.Rows * Bandwidth);
        _bandReduction.Reduce(a, new(factors.Start, a.Rows, Bandwidth, Bandwidth));
        _bulgeChase.Reduce(a, values, offDiagonal, reflections: a);
        TridiagonalValues.Solve(values, offDiagonal);
        Divide(values, scale);
        return values;
    }

    /// <summary>Finds the eigenvalues and the eigenvectors.</summary>
    /// <param name="a">Square; its lower triangle is read and the whole is lost.</param>
    /// <param name="vectors">Receives the eigenvectors, one a row.</param>
    /// <returns>The eigenvalues, ascending, and the row of each one's vector.</returns>
    /// <exception cref="ArithmeticException">NaN or infinity in the matrix, or no convergence.</exception>
    public (double[] Values, int[] Rows) Vectors(View<double> a, View<double> vectors)
    {
        int[] rows = [.. Enumerable.Range(0, a.Rows)];
        double[] values = Solve(a, vectors, found =>
        {
            Array.Sort(found, rows);
            return vectors;
        });
        return (values, rows);
    }

    /// <summary>Finds the eigenvalues and the eigenvectors of the largest.</summary>
    /// <param name="a">Square; its lower triangle is read and the whole is lost.</param>
    /// <param name="vectors">Receives the eigenvectors, one a row, that of the largest
    /// eigenvalue first; as many rows as are wanted.</param>
    /// <returns>All eigenvalues, ascending.</returns>
    /// <exception cref="ArithmeticException">NaN or infinity in the matrix, or no convergence.</exception>
    public double[] LargestVectors(View<double> a, View<double> vectors)
    {
        int n = a.Rows;
        nint stride = AlignedMemory.Stride(n);
        using AlignedMemory memory = new(n * stride);
        View<double> all = new(memory.Start, n, n, stride);
        return Solve(a, all, found =>
        {
            int[] rows = [.. Enumerable.Range(0, n)];
            Array.Sort(found, rows);
            for (int i = 0; i < vectors.Rows; i++)
            {
                all.Row(rows[n - 1 - i]).CopyTo(vectors.Row(i));
            }

            return vectors;
        });
    }

    // Of the vectors of the three diagonals, those that are chosen are taken back to the matrix.
    private double[] Solve(View<double> a, View<double> all, Func<double[], View<double>> choose)
    {
        int n = a.Rows;
        double scale = Scale(a);
        double[] values = new double[n];
        double[] offDiagonal = new double[n];
        nint stride = AlignedMemory.Stride(n);
        using AlignedMemory memory = new(n * (Bandwidth + stride));
        View<double> factors = new(memory.Start, n, Bandwidth, Bandwidth);
        View<double> reflections = new(memory.Start + ((nint)n * Bandwidth), n, n, stride);
        _bandReduction.Reduce(a, factors);
        _bulgeChase.Reduce(a, values, offDiagonal, reflections);
        new DivideAndConquer(_kernels, _workers).Solve(values, offDiagonal, all);
        View<double> chosen = choose(values);
        _workers.Run(chosen.Rows, VectorsOfPart, (first, count) => _bulgeChase.Restore(reflections, chosen.Block(first, 0, count, n)));
        _bandReduction.Restore(a, factors, chosen);
        Divide(values, scale);
        return values;
    }

    // Brings the largest number near 1, by a power of two, so that nothing is rounded.
    private static double Scale(View<double> a)
    {
        double largest = 0;
        for (int row = 0; row < a.Rows; row++)
        {
            foreach (double number in a.Row(row)[..(row + 1)])
            {
                largest = double.Max(largest, double.Abs(number));
            }
        }

        if (!double.IsFinite(largest))
        {
            throw new ArithmeticException("a matrix with NaN or infinity has no eigenvalues");
        }

        double scale = largest == 0 ? 1 : double.ScaleB(1, -int.Clamp(double.ILogB(largest), -1000, 1000));
        for (int row = 0; row < a.Rows; row++)
        {
            foreach (ref double number in a.Row(row)[..(row + 1)])
            {
                number *= scale;
            }
        }

        return scale;
    }

    private static void Divide(Span<double> values, double scale)
    {
        foreach (ref double value in values)
        {
            value /= scale;
        }
    }
}
