using MergeHost.Lanes;

namespace MergeHost.Kernels.Vectors;

/// <summary>A run of elements for a kernel to work on; all memory is the caller's.</summary>
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

    /// <summary>Random numbers, <see cref="UniformStride"/> of them a stream.</summary>
    public float* Uniforms { get; set; }

    /// <summary>How many numbers lie between one stream's first and the next one's.</summary>
    public nint UniformStride { get; set; }

    /// <summary>64 bytes a source, aligned to 64.</summary>
    public byte* Scratch { get; set; }

    /// <summary>How many elements.</summary>
    public nint Count { get; set; }
}

/// <summary>Applies an elementwise kernel to a run and stores the results.</summary>
public unsafe delegate void ElementwiseFunction(in KernelRun run, byte* output);

/// <summary>
/// Adds the sums of a reduce kernel over a run to totals. The run must begin at a multiple of 4,096 elements of the tensor, and end
/// at one or at the tensor's end.
/// </summary>
public unsafe delegate void ReduceFunction(in KernelRun run, Span<double> totals);
