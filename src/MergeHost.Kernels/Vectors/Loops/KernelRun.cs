using MergeHost.Lanes;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>A run of elements for a kernel to work on; all memory is the caller's.</summary>
/// <remarks>The run is the part of the memory from element <see cref="Start"/> on; pointers are to element 0.</remarks>
public unsafe struct KernelRun
{
    /// <summary>The base's elements, or null.</summary>
    public byte* Base { get; set; }

    /// <summary>The sources' elements.</summary>
    public byte** Sources { get; set; }

    /// <summary>How many sources.</summary>
    public int SourceCount { get; set; }

    /// <summary>The table of parameters, as <see cref="KernelParameters.CopyTo"/> writes it.</summary>
    public float* Parameters { get; set; }

    /// <summary>Random numbers of 16 bits, <see cref="UniformStride"/> of them a stream.</summary>
    public ushort* Uniforms { get; set; }

    /// <summary>How many numbers lie between one stream's first and the next one's.</summary>
    public nint UniformStride { get; set; }

    /// <summary>Ranks within rows, <see cref="RankStride"/> of them an operand.</summary>
    public float* Ranks { get; set; }

    /// <summary>How many numbers lie between one operand's first rank and the next one's.</summary>
    public nint RankStride { get; set; }

    /// <summary>64 bytes a source, aligned to 64.</summary>
    public byte* Scratch { get; set; }

    /// <summary>The first element.</summary>
    public nint Start { get; set; }

    /// <summary>How many elements.</summary>
    public nint Count { get; set; }
}

/// <summary>Applies an elementwise kernel to a run and stores the results, from element
/// <see cref="KernelRun.Start"/> of the output on.</summary>
public unsafe delegate void ElementwiseFunction(in KernelRun run, byte* output);

/// <summary>
/// Adds the sums of a reduce kernel over a run to totals. Float32 sums begin anew every 4,096 elements of the run, so the bits of a
/// total depend on where runs begin and end.
/// </summary>
public unsafe delegate void ReduceFunction(in KernelRun run, Span<double> totals);
