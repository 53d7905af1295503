using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Brings the factors of a product into the order in which it reads them.</summary>
internal static unsafe class Packing<V>
    where V : struct, IDoubleVec<V>
{
    /// <inheritdoc cref="DoubleKernels.Pack{T}"/>
    public static void Pack<T>(View<T> source, int stripColumns, double scale, double* destination, nint stripStride)
        where T : unmanaged
    {
        int done = 0;
        if (typeof(T) == typeof(double) && source.RowStride == 1)
        {
            View<double> columns = new((double*)source.Start, source.Rows, source.Columns, 1, source.ColumnStride);
            done = PackColumns(columns, stripColumns, scale, destination, stripStride);
        }

        for (int row = done; row < source.Rows; row++)
        {
            double* place = destination + ((nint)row * stripColumns);
            for (int column = 0; column < source.Columns; column += stripColumns, place += stripStride)
            {
                PackRow(source.Block(row, column, 1, int.Min(stripColumns, source.Columns - column)), scale, place);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackRow<T>(View<T> row, double scale, double* destination)
        where T : unmanaged
    {
        nint i = 0;
        if (row.ColumnStride == 1)
        {
            V factor = V.Of(scale);
            for (; i <= row.Columns - V.Count; i += V.Count)
            {
                V numbers = typeof(T) == typeof(float) ? V.Load((float*)row.Start + i) : V.Load((double*)row.Start + i);
                V.Store(factor * numbers, destination + i);
            }
        }

        for (; i < row.Columns; i++)
        {
            T* number = row.Start + (i * row.ColumnStride);
            destination[i] = scale * (typeof(T) == typeof(float) ? *(float*)number : *(double*)number);
        }
    }

    // Columns that are contiguous: four by four numbers are transposed in registers, so that each cache line is read once.
    private static int PackColumns(View<double> source, int stripColumns, double scale, double* destination, nint stripStride)
    {
        if (!Avx.IsSupported || source.Columns % 4 != 0 || stripColumns % 4 != 0)
        {
            return 0;
        }

        int rows = source.Rows & ~3;
        for (int column = 0; column < source.Columns; column += 4)
        {
            double* place = destination + (column / stripColumns * stripStride) + (column % stripColumns);
            for (int row = 0; row < rows; row += 4, place += 4 * stripColumns)
            {
                Transpose(source.At(row, column), source.ColumnStride, scale, place, stripColumns);
            }
        }

        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(double* source, nint sourceStride, double scale, double* destination, nint stride)
    {
        Vector256<double> x0 = Vector256.Load(source) * scale;
        Vector256<double> x1 = Vector256.Load(source + sourceStride) * scale;
        Vector256<double> x2 = Vector256.Load(source + (2 * sourceStride)) * scale;
        Vector256<double> x3 = Vector256.Load(source + (3 * sourceStride)) * scale;
        Vector256<double> even01 = Avx.UnpackLow(x0, x1);
        Vector256<double> odd01 = Avx.UnpackHigh(x0, x1);
        Vector256<double> even23 = Avx.UnpackLow(x2, x3);
        Vector256<double> odd23 = Avx.UnpackHigh(x2, x3);
        Avx.Permute2x128(even01, even23, 0x20).Store(destination);
        Avx.Permute2x128(odd01, odd23, 0x20).Store(destination + stride);
        Avx.Permute2x128(even01, even23, 0x31).Store(destination + (2 * stride));
        Avx.Permute2x128(odd01, odd23, 0x31).Store(destination + (3 * stride));
    }
}
