using System.Runtime.CompilerServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;

namespace MergeHost.Kernels.Tests.Vectors;

public sealed class ReduceLoopTests
{
    private const int Size = 20_011;

    private static readonly float[] _base = Floats.Normal(1, Size);
    private static readonly float[] _source = Floats.Normal(2, Size);

    public static TheoryData<LaneWidth, ElementFormat> Widths()
    {
        TheoryData<LaneWidth, ElementFormat> data = [];
        foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
        {
            data.Add(width, ElementFormat.Single);
            data.Add(width, ElementFormat.BFloat16);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Reduce_OfAnyRun_HasTheBitsOfSixteenPlainSums(LaneWidth width, ElementFormat format)
    {
        KernelMemory memory = new(format, _base, _source);
        (int, int)[] runs =
        [
            (0, 0), (0, 1), (3, 15), (1, 16), (5, 17), (0, 4095), (7, 4096), (2, 4097), (11, 4111), (0, 8192), (1, 12_289), (0, Size),
        ];
        foreach ((int start, int count) in runs)
        {
            Assert.Equal(Expected(format, start, count), memory.Reduce<TermsKernel>(width, 2, start, count));
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Reduce_AtEveryLength_HasTheBitsOfSixteenPlainSums(LaneWidth width, ElementFormat format)
    {
        KernelMemory memory = new(format, _base, _source);
        for (int count = 0; count <= 130; count++)
        {
            Assert.Equal(Expected(format, 0, count), memory.Reduce<TermsKernel>(width, 2, 0, count));
        }
    }

    [Fact]
    public void Reduce_OfManyElements_IsTheSumInFloat64UpToOneMillionth()
    {
        double[] totals = new KernelMemory(ElementFormat.Single, _base, _source).Reduce<TermsKernel>(
            LaneWidths.Current, 2, 0, Size);
        double products = _base.Zip(_source, (a, b) => (double)a * b).Sum();
        double scale = _base.Zip(_source, (a, b) => Math.Abs((double)a * b)).Sum();
        double squares = _source.Sum(value => (double)value * value);
        Assert.InRange(totals[0], products - (1e-6 * scale), products + (1e-6 * scale));
        Assert.InRange(totals[1], squares * (1 - 1e-6), squares * (1 + 1e-6));
    }

    // One float32 sum of 2²⁴ ones and one more would stay at 2²⁴: here none grows beyond a run.
    [Fact]
    public void Reduce_OfOnes_CountsThemExactly()
    {
        float[] ones = [.. Enumerable.Repeat(1f, (1 << 20) + 1)];
        Assert.Equal(
            (1 << 20) + 1,
            new KernelMemory(ElementFormat.BFloat16, ones, ones).Reduce<TermsKernel>(LaneWidths.Current, 2, 0, ones.Length)[1]);
    }

    [Fact]
    public void Reduce_OfNaN_IsNaN()
    {
        float[] values = Floats.Normal(1, 5000);
        values[4999] = float.NaN;
        Assert.Equal(
            double.NaN,
            new KernelMemory(ElementFormat.Single, values, values).Reduce<TermsKernel>(LaneWidths.Current, 2, 0, 5000)[0]);
    }

    private static double[] Expected(ElementFormat format, int start, int count)
    {
        float[] @base = Read(_base, format);
        float[] source = Read(_source, format);
        double[] totals = new double[2];
        for (int first = start; first < start + count; first += 4096)
        {
            float[,] parts = new float[2, 16];
            for (int element = first; element < Math.Min(first + 4096, start + count); element++)
            {
                parts[0, (element - first) % 16] += @base[element] * source[element];
                parts[1, (element - first) % 16] += source[element] * source[element];
            }

            for (int term = 0; term < 2; term++)
            {
                totals[term] += Enumerable.Range(0, 16).Aggregate(0.0, (sum, part) => sum + parts[term, part]);
            }
        }

        return totals;
    }

    private static float[] Read(float[] values, ElementFormat format) =>
        format == ElementFormat.Single ? values : [.. values.Select(value => BFloat16.ToSingle(BFloat16.FromSingle(value)))];

    private readonly struct TermsKernel : IReduceKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            terms[0] = c.Base * c.Source(0);
            terms[1] = c.Source(0) * c.Source(0);
        }
    }
}
