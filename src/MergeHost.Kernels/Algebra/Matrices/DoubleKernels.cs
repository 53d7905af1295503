using MergeHost.Kernels.Vectors;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>The innermost loops of linear algebra, compiled for one width of registers.</summary>
internal abstract unsafe class DoubleKernels
{
    /// <summary>Rows of the tile that <see cref="AddTile"/> keeps in registers.</summary>
    public const int TileRows = 4;

    /// <summary>Columns of the tile.</summary>
    public abstract int TileColumns { get; }

    public static DoubleKernels Of(LaneWidth width) => width switch
    {
        LaneWidth.Bits512 => new DoubleKernels<DoubleVec512>(),
        LaneWidth.Bits256 => new DoubleKernels<DoubleVec256>(),
        _ => new DoubleKernels<DoubleVec128>(),
    };

    /// <summary><c>c += a · b</c> for one tile c; each sum runs in the order of the depth.</summary>
    /// <param name="depth">The number of products in a sum.</param>
    /// <param name="a">Packed: the numbers of a column of <c>a</c> are neighbours, <see cref="TileRows"/> of them.</param>
    /// <param name="b">Packed: the numbers of a row of <c>b</c> are neighbours, <see cref="TileColumns"/> of them.</param>
    /// <param name="c">The tile's first number.</param>
    /// <param name="stride">How far the tile's rows are apart.</param>
    public abstract void AddTile(nint depth, double* a, double* b, double* c, nint stride);

    /// <summary>Writes <c>scale · source</c> in strips of some columns, each row's numbers of a strip being neighbours. What
    /// the last strip lacks is left as it is: it makes numbers that nobody reads.</summary>
    /// <param name="source">What to pack.</param>
    /// <param name="stripColumns">Columns of a strip.</param>
    /// <param name="scale">A factor on all numbers.</param>
    /// <param name="destination">The first strip's first number.</param>
    /// <param name="stripStride">How far the strips are apart.</param>
    public abstract void Pack<T>(View<T> source, int stripColumns, double scale, double* destination, nint stripStride)
        where T : unmanaged;

    public abstract double Dot(double* x, double* y, nint count);

    /// <summary><c>y += a · x</c> for a matrix whose columns are contiguous.</summary>
    public abstract void AddProduct(View<double> a, double* x, double* y);

    /// <summary><c>y = aᵀ · x</c> for a matrix whose columns are contiguous.</summary>
    public abstract void TransposedProduct(View<double> a, double* x, double* y);

    /// <summary><c>y = aᵀ · x</c> and <c>w = aᵀ · z</c> for a matrix whose columns are contiguous.</summary>
    public abstract void TransposedProducts(View<double> a, double* x, double* y, double* z, double* w);

    /// <summary><c>a += x · yᵀ</c> for a matrix whose columns are contiguous.</summary>
    public abstract void AddOuter(View<double> a, double* x, double* y);

    /// <summary><c>a += x · yᵀ + z · wᵀ</c> for a matrix whose columns are contiguous.</summary>
    public abstract void AddOuters(View<double> a, double* x, double* y, double* z, double* w);
}
