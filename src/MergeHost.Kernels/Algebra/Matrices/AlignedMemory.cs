using System.Runtime.InteropServices;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Float64 numbers outside the managed heap, on a boundary of 64 bytes; not cleared.</summary>
internal sealed unsafe class AlignedMemory(nint count) : IDisposable
{
    private const int Alignment = 64;

    private double* _start = (double*)NativeMemory.AlignedAlloc((nuint)nint.Max(count, 1) * sizeof(double), Alignment);

    ~AlignedMemory() => Free();

    public double* Start => _start;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>How far the rows of a matrix should be apart: the parts of neighbouring rows that are worked on together, some 64
    /// numbers, must not have addresses that differ by a multiple of 4096 bytes, which caches cannot tell apart.</summary>
    public static nint Stride(int columns) => ((columns + 55) & ~127) + 72;

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
