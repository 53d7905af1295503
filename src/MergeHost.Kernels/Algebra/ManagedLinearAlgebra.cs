using System.Buffers;
using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Decompositions;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Kernels.Algebra;

/// <summary>Linear algebra on the processor in managed code.</summary>
/// <remarks>
/// Work is split in the same way for any number of threads, so that the bits of a result do not depend on it. An instance keeps
/// nothing between calls and can be used from several threads at once.
/// </remarks>
public sealed unsafe class ManagedLinearAlgebra : ILinearAlgebra
{
    // Rows of a product that are summed in float64 before they are rounded.
    private const int RowsOfProduct = 512;

    // Of the largest singular value; what is below is rounding of numbers in float32.
    private const double SmallestOfPolar = 1e-6;

    private readonly DoubleKernels _kernels;
    private readonly Workers _workers;
    private readonly MatrixProduct _product;

    /// <summary>Uses all processors.</summary>
    public ManagedLinearAlgebra()
        : this(Environment.ProcessorCount)
    {
    }

    /// <summary>Uses some threads.</summary>
    /// <param name="threads">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1.</exception>
    public ManagedLinearAlgebra(int threads)
        : this(threads, LaneWidths.Current)
    {
    }

    internal ManagedLinearAlgebra(int threads, LaneWidth width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _kernels = DoubleKernels.Of(width);
        _workers = new(threads);
        _product = new(_kernels, _workers);
    }

    /// <inheritdoc/>
    public Matrix<float> Multiply(Matrix<float> a, Matrix<float> b, bool transposeA = false, bool transposeB = false)
    {
        using MemoryHandle pinA = a.Elements.Pin();
        using MemoryHandle pinB = b.Elements.Pin();
        (View<float> left, View<float> right) = Factors(ViewOf(a, pinA), ViewOf(b, pinB), transposeA, transposeB);
        return Rounded(left, right);
    }

    /// <inheritdoc/>
    public Matrix<double> Product(Matrix<double> a, Matrix<double> b, bool transposeA = false, bool transposeB = false)
    {
        using MemoryHandle pinA = a.Elements.Pin();
        using MemoryHandle pinB = b.Elements.Pin();
        (View<double> left, View<double> right) = Factors(ViewOf(a, pinA), ViewOf(b, pinB), transposeA, transposeB);
        Matrix<double> result = new(left.Rows, right.Columns);
        using MemoryHandle pinResult = result.Elements.Pin();
        _product.Add(ViewOf(result, pinResult), left, right);
        return result;
    }

    /// <inheritdoc/>
    public Matrix<double> Gram(Matrix<float> a) => GramOf(a);

    /// <inheritdoc/>
    public Matrix<double> Gram(Matrix<double> a) => GramOf(a);

    private Matrix<double> GramOf<T>(Matrix<T> a)
        where T : unmanaged
    {
        using MemoryHandle pin = a.Elements.Pin();
        View<T> rows = ShorterSide(ViewOf(a, pin));
        Matrix<double> result = new(rows.Rows, rows.Rows);
        using MemoryHandle pinResult = result.Elements.Pin();
        View<double> gram = ViewOf(result, pinResult);
        _product.AddLower(gram, rows, rows.Transposed);
        for (int row = 0; row < gram.Rows; row++)
        {
            for (int column = row + 1; column < gram.Columns; column++)
            {
                result[row, column] = result[column, row];
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public SymmetricEigen SymmetricEigen(Matrix<double> a, bool vectors = false)
    {
        if (a.Rows != a.Columns)
        {
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] is not square", nameof(a));
        }

        int n = a.Rows;
        nint stride = AlignedMemory.Stride(n);
        using AlignedMemory memory = new(n * stride);
        View<double> copy = new(memory.Start, n, n, stride);
        for (int row = 0; row < n; row++)
        {
            a.Row(row).CopyTo(copy.Row(row));
        }

        SymmetricEigenproblem problem = new(_kernels, _workers);
        if (!vectors)
        {
            return new(problem.Values(copy), null);
        }

        using AlignedMemory vectorMemory = new(n * stride);
        View<double> rows = new(vectorMemory.Start, n, n, stride);
        (double[] values, int[] order) = problem.Vectors(copy, rows);
        Matrix<double> result = new(n, n);
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++)
            {
                result[row, column] = *rows.At(order[column], row);
            }
        }

        return new(values, result);
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> SingularValues(Matrix<float> a)
    {
        using MemoryHandle pin = a.Elements.Pin();
        return new SingularValueProblem(_kernels, _workers).Values(ShorterSide(ViewOf(a, pin)));
    }

    /// <inheritdoc/>
    public SingularValueDecomposition Decompose(Matrix<float> a) => Decompose(a, int.MaxValue);

    /// <inheritdoc/>
    public SingularValueDecomposition Decompose(Matrix<float> a, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using MemoryHandle pin = a.Elements.Pin();
        View<float> rows = ShorterSide(ViewOf(a, pin));
        count = int.Min(count, rows.Rows);
        using AlignedMemory memory = new((nint)count * (rows.Rows + rows.Columns));
        View<double> left = new(memory.Start, count, rows.Rows, rows.Rows);
        View<double> right = new(memory.Start + ((nint)count * rows.Rows), count, rows.Columns, rows.Columns);
        double[] values = new SingularValueProblem(_kernels, _workers).Vectors(rows, left, right);
        bool isWide = a.Rows <= a.Columns;
        return new(Columns(isWide ? left : right), values, Columns(isWide ? right : left));
    }

    /// <inheritdoc/>
    public Matrix<float> Polar(Matrix<float> a)
    {
        using MemoryHandle pin = a.Elements.Pin();
        View<float> rows = ShorterSide(ViewOf(a, pin));
        int count = rows.Rows;
        using AlignedMemory memory = new((nint)count * (count + rows.Columns));
        View<double> left = new(memory.Start, count, count, count);
        View<double> right = new(memory.Start + ((nint)count * count), count, rows.Columns, rows.Columns);
        double[] values = new SingularValueProblem(_kernels, _workers).Vectors(rows, left, right);
        int kept = values.Count(value => value > SmallestOfPolar * values[0]);
        (left, right) = (left.Block(0, 0, kept, left.Columns), right.Block(0, 0, kept, right.Columns));
        return a.Rows <= a.Columns ? Rounded(left.Transposed, right) : Rounded(right.Transposed, left);
    }

    /// <inheritdoc/>
    public (Matrix<float> Q, Matrix<float> R) Qr(Matrix<float> a)
    {
        if (a.Columns > a.Rows)
        {
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] has more columns than rows", nameof(a));
        }

        using AlignedMemory memory = new((nint)a.Columns * (a.Rows + a.Columns));
        View<double> columns = new(memory.Start, a.Columns, a.Rows, a.Rows);
        View<double> r = new(memory.Start + ((nint)a.Columns * a.Rows), a.Columns, a.Columns, a.Columns);
        for (int row = 0; row < a.Rows; row++)
        {
            for (int column = 0; column < a.Columns; column++)
            {
                *columns.At(column, row) = a[row, column];
            }
        }

        new QrFactorization(new(_kernels, _product)).Factor(columns, r);
        return (Columns(columns), Columns(r.Transposed));
    }

    private static (View<T> Left, View<T> Right) Factors<T>(View<T> a, View<T> b, bool transposeA, bool transposeB)
        where T : unmanaged
    {
        View<T> left = transposeA ? a.Transposed : a;
        View<T> right = transposeB ? b.Transposed : b;
        return left.Columns == right.Rows
            ? (left, right) : throw new ArgumentException($"{left.Columns} columns cannot be multiplied with {right.Rows} rows", nameof(b));
    }

    // The product, summed in float64 and rounded once.
    private Matrix<float> Rounded<T>(View<T> left, View<T> right)
        where T : unmanaged
    {
        Matrix<float> result = new(left.Rows, right.Columns);
        nint stride = AlignedMemory.Stride(right.Columns);
        using AlignedMemory memory = new(int.Min(RowsOfProduct, left.Rows) * stride);
        for (int first = 0; first < left.Rows; first += RowsOfProduct)
        {
            View<T> part = left.Block(first, 0, int.Min(RowsOfProduct, left.Rows - first), left.Columns);
            View<double> sums = new(memory.Start, part.Rows, right.Columns, stride);
            sums.Clear();
            _product.Add(sums, part, right);
            for (int row = 0; row < part.Rows; row++)
            {
                TensorPrimitives.ConvertTruncating(sums.Row(row), result.Row(first + row));
            }
        }

        return result;
    }

    private static View<T> ShorterSide<T>(View<T> a)
        where T : unmanaged => a.Rows <= a.Columns ? a : a.Transposed;

    private static View<T> ViewOf<T>(Matrix<T> matrix, MemoryHandle pin)
        where T : unmanaged => new((T*)pin.Pointer, matrix.Rows, matrix.Columns, matrix.Columns);

    // The matrix that has the given rows as columns, rounded.
    private static Matrix<float> Columns(View<double> rows)
    {
        Matrix<float> result = new(rows.Columns, rows.Rows);
        for (int row = 0; row < result.Rows; row++)
        {
            Span<float> numbers = result.Row(row);
            for (int column = 0; column < numbers.Length; column++)
            {
                numbers[column] = (float)*rows.At(column, row);
            }
        }

        return result;
    }
}
