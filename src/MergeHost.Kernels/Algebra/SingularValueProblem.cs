using System.Numerics.Tensors;

namespace MergeHost.Kernels.Algebra;

/// <summary>Singular values and vectors of a matrix with no more rows than columns, by the eigenpairs of <c>A·Aᵀ</c>.</summary>
internal sealed unsafe class SingularValueProblem(DoubleKernels kernels, Workers workers)
{
    // An error of ε·σ₁² in A·Aᵀ turns the singular vectors of σ by ε·σ₁²/σ²: below this share of σ₁ they are made orthogonal anew.
    private const double SmallestDirect = 1e-4;

    private readonly MatrixProduct _product = new(kernels, workers);

    /// <summary>Finds the singular values, descending.</summary>
    public double[] Values(View<float> a)
    {
        int count = a.Rows;
        nint stride = AlignedMemory.Stride(count);
        using AlignedMemory memory = new(count * stride);
        View<double> gram = Gram(a, memory);
        double[] values = new SymmetricEigenproblem(kernels, workers).Values(gram);
        Array.Reverse(values);
        TakeRoots(values);
        return values;
    }

    /// <summary>Finds the singular values, descending, and both singular vectors of each.</summary>
    /// <param name="a">A.</param>
    /// <param name="left">Receives the left singular vectors, one a row.</param>
    /// <param name="right">Receives the right singular vectors, one a row.</param>
    public double[] Vectors(View<float> a, View<double> left, View<double> right)
    {
        int count = a.Rows;
        nint stride = AlignedMemory.Stride(count);
        using AlignedMemory memory = new(count * stride);
        using AlignedMemory vectorMemory = new(count * stride);
        View<double> gram = Gram(a, memory);
        View<double> vectors = new(vectorMemory.Start, count, count, stride);
        (double[] values, int[] rows) = new SymmetricEigenproblem(kernels, workers).Vectors(gram, vectors);
        Array.Reverse(values);
        Array.Reverse(rows);
        TakeRoots(values);
        for (int i = 0; i < count; i++)
        {
            vectors.Row(rows[i]).CopyTo(left.Row(i));
        }

        right.Clear();
        _product.Add(right, left, a);
        if (count > 0 && values[^1] > SmallestDirect * values[0])
        {
            for (int i = 0; i < count; i++)
            {
                TensorPrimitives.Divide(right.Row(i), values[i], right.Row(i));
            }
        }
        else
        {
            // The rows are the σ·v: orthogonal but for rounding, so that R is about diagonal and Q's columns are the v.
            new QrFactorization(new(kernels, _product)).Factor(right, gram);
        }

        return values;
    }

    private View<double> Gram(View<float> a, AlignedMemory memory)
    {
        View<double> gram = new(memory.Start, a.Rows, a.Rows, AlignedMemory.Stride(a.Rows));
        gram.Clear();
        _product.AddLower(gram, a, a.Transposed);
        return gram;
    }

    // Rounding may have made small ones negative.
    private static void TakeRoots(Span<double> squares)
    {
        foreach (ref double square in squares)
        {
            square = double.Sqrt(double.Max(square, 0));
        }
    }
}
