using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;

namespace MergeHost.Kernels.Tests.Vectors;

public sealed class ElementwiseLoopTests
{
    private const int Size = 200;
    private const int Sources = 3;

    public static TheoryData<LaneWidth, ElementFormat, ElementFormat> Combinations()
    {
        TheoryData<LaneWidth, ElementFormat, ElementFormat> data = [];
        foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
        {
            foreach (ElementFormat input in Enum.GetValues<ElementFormat>())
            {
                foreach (ElementFormat output in Enum.GetValues<ElementFormat>())
                {
                    data.Add(width, input, output);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Apply_ToARunThatFitsNoLane_MakesItsElementsAndTouchesNoOther(
        LaneWidth width, ElementFormat input, ElementFormat output)
    {
        KernelMemory memory = Everything(input);
        byte[] expected = KernelMemory.Stored(Expected(input), output);
        int size = KernelMemory.SizeOf(output);
        (int, int)[] runs = [(0, 0), (0, 1), (5, 1), (1, 15), (3, 16), (7, 17), (0, 64), (13, 130), (69, 131), (199, 1)];
        foreach ((int start, int count) in runs)
        {
            byte[] result = memory.Apply<EverythingKernel>(width, output, start, count, Size);
            Range run = (start * size)..((start + count) * size);
            Assert.Equal(expected[run], result[run]);
            Assert.All(result[..run.Start], value => Assert.Equal(KernelMemory.Untouched, value));
            Assert.All(result[run.End..], value => Assert.Equal(KernelMemory.Untouched, value));
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Apply_ToAnyBits_GivesTheBitsOfTheScalarLane(LaneWidth width, ElementFormat input, ElementFormat output)
    {
        float[][] sources = [.. Enumerable.Range(0, Sources).Select(source => Floats.Any(source, 4099))];
        ushort[] uniforms = Floats.Integers(1, 2 * 4099);
        KernelMemory memory = new(input, Floats.Any(9, 4099), sources) { Parameters = Table(), Uniforms = uniforms };
        Assert.Equal(
            Bits(memory.Apply<EverythingKernel>(LaneWidth.Scalar, output, 0, 4099, 4099), output),
            Bits(memory.Apply<EverythingKernel>(width, output, 0, 4099, 4099), output));
    }

    [Fact]
    public void Apply_WithSourcesInOtherOrder_ReadsEachAtItsPlace()
    {
        float[] one = [1, 1, 1, 1, 1];
        float[] two = [2, 2, 2, 2, 2];
        Assert.Equal(one, new KernelMemory(ElementFormat.Single, null, one, two).Apply<FirstKernel>(LaneWidth.Bits128, 5));
        Assert.Equal(two, new KernelMemory(ElementFormat.Single, null, two, one).Apply<FirstKernel>(LaneWidth.Bits128, 5));
    }

    // Two slots of three sources each, no two numbers alike.
    private static float[] Table() => [0.5f, -0.25f, 1.75f, 3, 0.125f, -2];

    private static KernelMemory Everything(ElementFormat input) =>
        new(input, Floats.Normal(10, Size), Floats.Normal(11, Size), Floats.Normal(12, Size), Floats.Normal(13, Size))
        {
            Parameters = Table(),
            Uniforms = Floats.Integers(14, 2 * Size),
        };

    // The formula of EverythingKernel in plain C#.
    private static float[] Expected(ElementFormat input)
    {
        float[] @base = Read(10, input);
        float[][] sources = [Read(11, input), Read(12, input), Read(13, input)];
        ushort[] uniforms = Floats.Integers(14, 2 * Size);
        float[] table = Table();
        float[] result = new float[Size];
        for (int element = 0; element < Size; element++)
        {
            float sum = 0;
            for (int source = 0; source < Sources; source++)
            {
                sum += table[source] * (sources[source][element] - @base[element]);
            }

            for (int source = Sources - 1; source >= 0; source--)
            {
                sum -= table[source] * (sources[source][element] - @base[element]) * table[Sources + source];
            }

            float factor = uniforms[element] < uniforms[Size + element] ? 1 : -0.5f;
            result[element] = @base[element] + (factor * sum);
        }

        return result;
    }

    private static float[] Read(int seed, ElementFormat format) => format == ElementFormat.Single
        ? Floats.Normal(seed, Size)
        : [.. Floats.Normal(seed, Size).Select(value => BFloat16.ToSingle(BFloat16.FromSingle(value)))];

    private static uint[] Bits(byte[] stored, ElementFormat format) => Floats.Bits(format == ElementFormat.Single
        ? MemoryMarshal.Cast<byte, float>(stored).ToArray()
        : [.. MemoryMarshal.Cast<byte, ushort>(stored).ToArray().Select(BFloat16.ToSingle)]);

    // Base, sources, both indices of parameters, two streams and the scratch.
    private readonly struct EverythingKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                c.Scratch[i] = c.P(0, i) * (c.Source(i) - c.Base);
                sum += c.Scratch[i];
            }

            for (int i = c.SourceCount - 1; i >= 0; i--)
            {
                sum -= c.Scratch[i] * c.P(1, i);
            }

            V factor = V.Where(c.Uniform(0) < c.Uniform(1), V.Of(1), V.Of(-0.5f));
            return c.Base + (factor * sum);
        }
    }

    private readonly struct FirstKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Source(0);
    }
}
