using System.Runtime.InteropServices;
using MergeHost.Kernels.Selection;
using MergeHost.Storage;

namespace MergeHost.Running.Scheduling;

/// <summary>What one thread needs to work on blocks: buffers that grow when they must and live until the end.</summary>
internal sealed unsafe class BlockWorker : IDisposable
{
    private readonly List<(nint Memory, long Bytes)>[] _buffersOf = [.. Enum.GetValues<BufferUse>().Select(_ => new List<(nint, long)>())];

    /// <summary>Ranks the numbers of rows.</summary>
    public RowRanks Ranking { get; } = new();

    /// <summary>Memory that keeps its content until the same use and index are asked for again; at the beginning of a page.</summary>
    public byte* Buffer(BufferUse use, int index, long bytes)
    {
        List<(nint Memory, long Bytes)> buffers = _buffersOf[(int)use];
        while (buffers.Count <= index)
        {
            buffers.Add(default);
        }

        (nint memory, long size) = buffers[index];
        if (size < bytes)
        {
            NativeMemory.AlignedFree((void*)memory);
            memory = (nint)NativeMemory.AlignedAlloc((nuint)bytes,
                use is BufferUse.Stored or BufferUse.Result ? (nuint)PartialFile.PageBytes : 64);
            NativeMemory.Clear((void*)memory, (nuint)bytes);
            buffers[index] = (memory, bytes);
        }

        return (byte*)memory;
    }

    public void Dispose()
    {
        foreach ((nint memory, _) in _buffersOf.SelectMany(buffers => buffers))
        {
            NativeMemory.AlignedFree((void*)memory);
        }
    }
}

/// <summary>What a worker's buffer is for.</summary>
internal enum BufferUse
{
    /// <summary>A block of an input as stored.</summary>
    Stored,

    /// <summary>A part of an input's block in float32.</summary>
    Decoded,

    /// <summary>Zeros for kernels that look at a base where there is none.</summary>
    NoBase,

    /// <summary>A block of the result as stored.</summary>
    Result,

    /// <summary>A part of the result's block in float32.</summary>
    Unrounded,

    /// <summary>The pointers to the inputs' blocks as stored.</summary>
    StoredPointers,

    /// <summary>The pointers to the parts of inputs that a kernel is given.</summary>
    Pointers,

    /// <summary>The table of parameters.</summary>
    Parameters,

    /// <summary>Random numbers.</summary>
    Uniforms,

    /// <summary>Ranks within a row.</summary>
    Ranks,

    /// <summary>Rows of all inputs in float32.</summary>
    Rows,

    /// <summary>A few elements of all inputs in float32.</summary>
    Samples,

    /// <summary>A kernel's scratch.</summary>
    Scratch,

    /// <summary>An operand in float32.</summary>
    Operand,

    /// <summary>Values of a unit that a selection keeps.</summary>
    Kept,

    /// <summary>Counters of a selection; zero between uses.</summary>
    Counts,
}
