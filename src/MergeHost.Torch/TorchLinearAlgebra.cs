using MergeHost.Algebra;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Torch;

/// <summary>Operations on matrices by libtorch, all of them in float64.</summary>
/// <remarks>
/// May be used from several threads. A matrix with NaN or infinities has no eigenvalues and no singular values here: an
/// <see cref="ArithmeticException"/>.
/// </remarks>
public sealed class TorchLinearAlgebra : ILinearAlgebra
{
    // TorchSharp frees a number that it made for one operation while libtorch may still be reading it. This one lives on.
    private static readonly Scalar _zero = 0L;

    // Of the largest singular value, as in managed code.
    private const double SmallestOfPolar = 1e-6;

    private readonly Device _device;

    /// <summary>Makes the operations of a device; <see cref="DeviceKind.Cpu"/> means libtorch on the processor.</summary>
    /// <exception cref="MergeHostException">MH3008: the device is not available.</exception>
    public TorchLinearAlgebra(DeviceSpec device) => _device = TorchLibrary.Open(device);

    /// <inheritdoc/>
    public Matrix<float> Multiply(Matrix<float> a, Matrix<float> b, bool transposeA = false, bool transposeB = false) =>
        Times(a, b, transposeA, transposeB);

    /// <inheritdoc/>
    public Matrix<double> Product(Matrix<double> a, Matrix<double> b, bool transposeA = false, bool transposeB = false) =>
        Times(a, b, transposeA, transposeB);

    private Matrix<T> Times<T>(Matrix<T> a, Matrix<T> b, bool transposeA, bool transposeB)
        where T : unmanaged
    {
        (int inner, int otherInner) = (transposeA ? a.Rows : a.Columns, transposeB ? b.Columns : b.Rows);
        if (inner != otherInner)
        {
            throw new ArgumentException($"the inner extents differ: {inner} and {otherInner}", nameof(b));
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor left = Read(a);
        Tensor right = Read(b);
        return Write<T>((transposeA ? left.mT : left).matmul(transposeB ? right.mT : right));
    }

    /// <inheritdoc/>
    public Matrix<double> Gram(Matrix<float> a) => GramOf(a);

    /// <inheritdoc/>
    public Matrix<double> Gram(Matrix<double> a) => GramOf(a);

    private Matrix<double> GramOf<T>(Matrix<T> a)
        where T : unmanaged
    {
        using DisposeScope scope = NewDisposeScope();
        return Write<double>(GramOf(Read(a)));
    }

    /// <inheritdoc/>
    public SymmetricEigen SymmetricEigen(Matrix<double> a, bool vectors = false)
    {
        if (a.Rows != a.Columns)
        {
            throw new ArgumentException($"a matrix of {a.Rows} rows and {a.Columns} columns is not square", nameof(a));
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Finite(Read(a).tril());
        if (!vectors)
        {
            return new SymmetricEigen(Values(linalg.eigvalsh(matrix)), null);
        }

        (Tensor values, Tensor columns) = linalg.eigh(matrix);
        return new SymmetricEigen(Values(values), Write<double>(columns));
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> SingularValues(Matrix<float> a)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor squares = linalg.eigvalsh(Finite(GramOf(Read(a)))).flip(0);
        return Values(squares.clamp_min(_zero).sqrt());
    }

    /// <inheritdoc/>
    public SingularValueDecomposition Decompose(Matrix<float> a) => Decompose(a, int.MaxValue);

    /// <inheritdoc/>
    public SingularValueDecomposition Decompose(Matrix<float> a, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using DisposeScope scope = NewDisposeScope();
        (Tensor u, Tensor s, Tensor vT) = linalg.svd(Finite(Read(a)), fullMatrices: false);
        long kept = Math.Min(count, s.shape[0]);
        return new SingularValueDecomposition(
            Write<float>(u.narrow(1, 0, kept).contiguous()), Values(s.narrow(0, 0, kept).contiguous()),
            Write<float>(vT.narrow(0, 0, kept).mT));
    }

    /// <inheritdoc/>
    public Matrix<float> Polar(Matrix<float> a)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor u, Tensor s, Tensor vT) = linalg.svd(Finite(Read(a)), fullMatrices: false);
        double[] values = Values(s);
        long kept = values.Count(value => value > SmallestOfPolar * values[0]);
        return Write<float>(u.narrow(1, 0, kept).matmul(vT.narrow(0, 0, kept)));
    }

    /// <inheritdoc/>
    public (Matrix<float> Q, Matrix<float> R) Qr(Matrix<float> a)
    {
        if (a.Columns > a.Rows)
        {
            throw new ArgumentException($"{a.Columns} columns are more than {a.Rows} rows", nameof(a));
        }

        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor r) = linalg.qr(Read(a));
        Tensor signs = where(r.diagonal().lt(_zero), tensor(-1.0, device: _device), tensor(1.0, device: _device));
        return (Write<float>(q * signs), Write<float>(r * signs.unsqueeze(1)));
    }

    private static Tensor GramOf(Tensor a) => a.shape[0] <= a.shape[1] ? a.matmul(a.mT) : a.mT.matmul(a);

    // LAPACK may not come to an end with them.
    private static Tensor Finite(Tensor a) =>
        a.isfinite().all().item<bool>() ? a : throw new ArithmeticException("the matrix holds NaN or infinities");

    private unsafe Tensor Read<T>(Matrix<T> matrix)
        where T : unmanaged
    {
        fixed (T* source = matrix.Elements.Span)
        {
            ScalarType type = typeof(T) == typeof(float) ? float32 : float64;
            return TorchMemory.Read(source, matrix.Elements.Length, type, _device).view(matrix.Rows, matrix.Columns).to(float64);
        }
    }

    private static double[] Values(Tensor vector) => vector.cpu().data<double>().ToArray();

    private static unsafe Matrix<T> Write<T>(Tensor tensor)
        where T : unmanaged
    {
        Matrix<T> matrix = new((int)tensor.shape[0], (int)tensor.shape[1]);
        fixed (T* destination = matrix.Elements.Span)
        {
            TorchMemory.Write(tensor.to(typeof(T) == typeof(float) ? float32 : float64), destination);
        }

        return matrix;
    }
}
