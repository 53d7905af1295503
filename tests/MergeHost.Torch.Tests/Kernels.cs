using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Torch.Tests;

/// <summary>Runs kernels over managed arrays.</summary>
internal static unsafe class Kernels
{
    public static readonly DeviceSpec TorchCpu = new(DeviceKind.TorchCpu);

    public static ElementwiseTreatment Of<K>(KernelParameters? parameters = null)
        where K : struct, IElementwiseKernel =>
        (ElementwiseTreatment)Treatment.Elementwise<K>(parameters ?? new KernelParameters(0, 1));

    /// <summary>Applies a bound kernel to a base and sources, given as bytes; returns the bits of the results.</summary>
    public static uint[] Run(
        ElementwiseFunction function, ElementFormat output, int count, KernelParameters parameters,
        byte[]? @base, byte[][] sources, ushort[]? uniforms = null, float[]? ranks = null)
    {
        byte[] result = new byte[count * BytesOf(output)];
        float[] table = new float[parameters.Slots * parameters.Sources];
        parameters.CopyTo(0, table);
        byte* scratch = stackalloc byte[(64 * sources.Length) + 64];
        byte** pointers = stackalloc byte*[sources.Length];
        for (int i = 0; i < sources.Length; i++)
        {
            // Pinned arrays do not move.
            pointers[i] = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(sources[i]));
        }

        fixed (byte* first = @base, destination = result)
        fixed (float* values = table, ranked = ranks)
        fixed (ushort* random = uniforms)
        {
            KernelRun run = new()
            {
                Base = first,
                Sources = pointers,
                SourceCount = sources.Length,
                Parameters = values,
                Uniforms = random,
                UniformStride = count,
                Ranks = ranked,
                RankStride = count,
                Scratch = (byte*)(((nint)scratch + 63) & ~63),
                Count = count,
            };
            function(run, destination);
        }

        return [.. Enumerable.Range(0, count).Select(i => output == ElementFormat.Single
            ? BitConverter.ToUInt32(result, i * 4)
            : (uint)BitConverter.ToUInt16(result, i * 2) << 16)];
    }

    /// <summary>Elements as stored; for BF16 the lower half is cut off.</summary>
    public static byte[] Bytes(ReadOnlySpan<float> values, ElementFormat format)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(values.Length * BytesOf(format), pinned: true);
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            if (format == ElementFormat.Single)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), bits);
            }
            else
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i * 2), (ushort)(bits >> 16));
            }
        }

        return bytes;
    }

    /// <summary>Bits with one pattern for all NaN: on their signs and payloads not even the processor's lanes agree.</summary>
    public static IEnumerable<uint> OneNaN(this IEnumerable<uint> bits) =>
        bits.Select(value => (value & 0x7FFF_FFFF) > 0x7F80_0000 ? 0x7FC0_0000 : value);

    private static int BytesOf(ElementFormat format) => format == ElementFormat.Single ? 4 : 2;
}
