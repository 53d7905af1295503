using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Tests.Vectors;

/// <summary>Inputs of kernels in memory that does not move, and the loops run over them.</summary>
internal sealed unsafe class KernelMemory
{
    /// <summary>What the output holds where no kernel has written.</summary>
    public const byte Untouched = 0xA5;

    private readonly ElementFormat _format;
    private readonly byte[]? _base;
    private readonly byte[][] _sources;
    private readonly nint[] _pointers;
    private readonly byte[] _scratch;

    /// <param name="format">How base and sources are stored; they must be numbers of that format.</param>
    /// <param name="base">The base, or <see langword="null"/>.</param>
    /// <param name="sources">The sources.</param>
    public KernelMemory(ElementFormat format, float[]? @base, params float[][] sources)
    {
        _format = format;
        _base = @base is null ? null : Stored(@base, format);
        _sources = [.. sources.Select(source => Stored(source, format))];
        _pointers = GC.AllocateUninitializedArray<nint>(sources.Length, pinned: true);
        for (int i = 0; i < sources.Length; i++)
        {
            _pointers[i] = (nint)Address(_sources[i]);
        }

        _scratch = Pinned(64 * (sources.Length + 1));
        Array.Fill(_scratch, (byte)0xFF);
    }

    /// <summary>What kernels read by <see cref="IKernelContext{V}.P"/>.</summary>
    public float[] Parameters { get; init; } = [];

    /// <summary>Random numbers, stream after stream, as many a stream as there are elements.</summary>
    public ushort[] Uniforms { get; init; } = [];

    /// <summary>A source's bytes.</summary>
    public Span<byte> Source(int index) => _sources[index];

    /// <summary>Applies a kernel to elements from <paramref name="start"/> on.</summary>
    /// <returns>The whole output as stored, <see cref="Untouched"/> outside the run.</returns>
    public byte[] Apply<K>(LaneWidth width, ElementFormat output, int start, int count, int size)
        where K : struct, IElementwiseKernel
    {
        byte[] result = Pinned(size * SizeOf(output));
        Array.Fill(result, Untouched);
        ElementwiseTreatment treatment = (ElementwiseTreatment)Treatment.Elementwise<K>(new KernelParameters(0, 1));
        ElementwiseFunction function = ElementwiseLoop.Bind(treatment, width, _format, output);
        Call(start, count, size, run => function(run, Address(result)));
        return result;
    }

    /// <summary>Applies a kernel to all elements.</summary>
    public float[] Apply<K>(LaneWidth width, int count)
        where K : struct, IElementwiseKernel =>
        MemoryMarshal.Cast<byte, float>(Apply<K>(width, ElementFormat.Single, 0, count, count)).ToArray();

    /// <summary>Sums the terms of a kernel over elements from <paramref name="start"/> on.</summary>
    public double[] Reduce<K>(LaneWidth width, int terms, int start, int count)
        where K : struct, IReduceKernel
    {
        double[] totals = new double[terms];
        ReduceFunction function = ReduceLoop.Bind(Statistic.Sum<K>(terms, new KernelParameters(0, 1)), width, _format);
        Call(start, count, start + count, run => function(run, totals));
        return totals;
    }

    /// <summary>Stores numbers as a format has them.</summary>
    public static byte[] Stored(float[] values, ElementFormat format)
    {
        byte[] bytes = Pinned(values.Length * SizeOf(format));
        DTypeConversion.FromSingle(format == ElementFormat.Single ? DType.F32 : DType.BF16, values, bytes);
        return bytes;
    }

    /// <summary>The address of pinned memory.</summary>
    public static byte* Address(byte[] pinned) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    public static int SizeOf(ElementFormat format) => format == ElementFormat.Single ? sizeof(float) : sizeof(ushort);

    private static byte[] Pinned(int lengthBytes) => GC.AllocateUninitializedArray<byte>(lengthBytes, pinned: true);

    private void Call(int start, int count, int size, Action<KernelRun> call)
    {
        fixed (float* parameters = Parameters)
        fixed (ushort* uniforms = Uniforms)
        {
            call(new KernelRun
            {
                Base = _base is null ? null : Address(_base),
                Sources = (byte**)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_pointers)),
                SourceCount = _sources.Length,
                Parameters = parameters,
                Uniforms = uniforms,
                UniformStride = size,
                Scratch = (byte*)(((nint)Address(_scratch) + 63) & ~(nint)63),
                Start = start,
                Count = count,
            });
        }
    }
}
