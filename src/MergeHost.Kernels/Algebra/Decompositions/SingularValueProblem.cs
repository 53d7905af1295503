using System.Numerics.Tensors;
using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Singular values and vectors of a matrix A with no more rows than columns, by the eigenpairs of <c>A·Aᵀ</c>.</summary>
/// <remarks>
/// An error of <c>ε·σ₁²</c> in <c>A·Aᵀ</c> is one of <c>ε·σ₁²/σ</c> in a small σ: digits are lost, and below <c>√ε·σ₁</c> there
/// are none. Where that happens, what the larger singular values make up is taken away from A, and the rest is treated by itself.
/// </remarks>
internal sealed unsafe class SingularValueProblem(DoubleKernels kernels, Workers workers)
{
    // Larger values, as shares of σ₁, have at least 12 digits behind σ₁'s point, and vectors that are orthogonal in float32.
    private const double SmallestDirect = 1e-4;

    // Larger values have the 8 digits that are promised.
    private const double SmallestUnrefined = 1e-7;

    private readonly MatrixProduct _product = new(kernels, workers);
    private readonly SymmetricEigenproblem _eigenproblem = new(kernels, workers);

    /// <summary>Finds the singular values, descending.</summary>
    public double[] Values(View<float> a)
    {
        using AlignedMemory memory = new(a.Rows * AlignedMemory.Stride(a.Rows));
        double[] values = Values(Gram(a, memory));
        if (!IsRefinable(values))
        {
            return values;
        }

        using AlignedMemory left = new((nint)a.Rows * a.Rows);
        return LeftVectors(a, new(left.Start, a.Rows, a.Rows, a.Rows));
    }

    /// <summary>Finds the largest singular values, descending, and both singular vectors of each.</summary>
    /// <param name="a">A.</param>
    /// <param name="left">Receives the left singular vectors, one a row; as many rows as values are wanted.</param>
    /// <param name="right">Receives the right singular vectors, one a row; as many.</param>
    public double[] Vectors(View<float> a, View<double> left, View<double> right)
    {
        double[] values = LeftVectors(a, left)[..left.Rows];
        right.Clear();
        _product.Add(right, left, a);
        if (values.Length > 0 && values[^1] > SmallestDirect * values[0])
        {
            for (int i = 0; i < values.Length; i++)
            {
                TensorPrimitives.Divide(right.Row(i), values[i], right.Row(i));
            }
        }
        else
        {
            // The rows are the σ·v: orthogonal but for rounding, so that R is about diagonal and Q's columns are the v.
            int count = right.Rows;
            using AlignedMemory r = new((nint)count * count);
            new QrFactorization(new(kernels, _product)).Factor(right, new(r.Start, count, count, count));
        }

        return values;
    }

    // All values; those that are not wanted may be off by as much as their vectors would be.
    private double[] LeftVectors(View<float> a, View<double> left)
    {
        using AlignedMemory memory = new(a.Rows * AlignedMemory.Stride(a.Rows));
        double[] values = Roots(_eigenproblem.LargestVectors(Gram(a, memory), left));
        if (IsRefinable(values[..left.Rows]))
        {
            Refine(a, left, values);
        }

        return values;
    }

    // The singular values of A − U·Uᵀ·A, where U has the left vectors of the larger ones, are A's smaller ones.
    private void Refine(View<float> a, View<double> left, double[] values)
    {
        int count = values.Count(value => value > SmallestDirect * values[0]);
        nint stride = AlignedMemory.Stride(a.Columns);
        using AlignedMemory memory = new((count + a.Rows) * stride);
        View<double> large = left.Block(0, 0, count, a.Rows);
        View<double> shares = new(memory.Start, count, a.Columns, stride);
        View<double> rest = new(memory.Start + (count * stride), a.Rows, a.Columns, stride);
        shares.Clear();
        _product.Add(shares, large, a);
        for (int row = 0; row < a.Rows; row++)
        {
            for (int column = 0; column < a.Columns; column++)
            {
                *rest.At(row, column) = *a.At(row, column);
            }
        }

        _product.Add(rest, large.Transposed, shares, -1);
        using AlignedMemory gram = new(a.Rows * AlignedMemory.Stride(a.Rows));
        Values(Gram(rest, gram)).AsSpan(0, values.Length - count).CopyTo(values.AsSpan(count));
        Array.Sort(values, (x, y) => y.CompareTo(x));
    }

    private double[] Values(View<double> gram) => Roots(_eigenproblem.Values(gram));

    private View<double> Gram<T>(View<T> a, AlignedMemory memory)
        where T : unmanaged
    {
        View<double> gram = new(memory.Start, a.Rows, a.Rows, AlignedMemory.Stride(a.Rows));
        gram.Clear();
        _product.AddLower(gram, a, a.Transposed);
        return gram;
    }

    private static bool IsRefinable(double[] values) => values.Length > 0 && values[^1] < SmallestUnrefined * values[0];

    // Descending; rounding may have made small squares negative.
    private static double[] Roots(double[] squares) =>
        [.. squares.Reverse().Select(square => double.Sqrt(double.Max(square, 0)))];
}
