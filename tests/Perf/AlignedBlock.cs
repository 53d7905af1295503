using System.Runtime.InteropServices;

namespace MergeHost.Perf;

/// <summary>Memory at a multiple of 64 bytes.</summary>
internal sealed unsafe class AlignedBlock(long bytes) : IDisposable
{
    public byte* Memory { get; } = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    public long Bytes => bytes;

    public void Dispose() => NativeMemory.AlignedFree(Memory);
}
