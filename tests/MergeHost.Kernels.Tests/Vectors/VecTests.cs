using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;

namespace MergeHost.Kernels.Tests.Vectors;

/// <summary>Every operation of a lane at every width, against the same operation in float64, rounded once to float32.</summary>
public sealed class VecTests
{
    private const int LongestRun = 130;

    private static readonly Dictionary<string, (Runner Run, Func<double, double, double> Expected)> _operations = new()
    {
        ["0"] = (Run<ZeroOf>, (a, b) => 0),
        ["default"] = (Run<DefaultOf>, (a, b) => 0),
        ["0.1"] = (Run<TenthOf>, (a, b) => 0.1f),
        ["a + b"] = (Run<Add>, (a, b) => a + b),
        ["a - b"] = (Run<Subtract>, (a, b) => a - b),
        ["-a"] = (Run<Negate>, (a, b) => -a),
        ["a * b"] = (Run<Multiply>, (a, b) => a * b),
        ["a / b"] = (Run<Divide>, (a, b) => a / b),
        ["|a|"] = (Run<AbsOf>, (a, b) => Math.Abs(a)),
        ["√a"] = (Run<SqrtOf>, (a, b) => Math.Sqrt(a)),
        ["min"] = (Run<MinOf>, (a, b) => HasNaN(a, b) ? double.NaN : IsLess(a, b) ? a : b),
        ["max"] = (Run<MaxOf>, (a, b) => HasNaN(a, b) ? double.NaN : IsLess(a, b) ? b : a),
        ["a > b"] = (Run<Above>, (a, b) => a > b ? a : b),
        ["a < b"] = (Run<Below>, (a, b) => a < b ? a : b),
        ["a >= b"] = (Run<AtLeast>, (a, b) => a >= b ? 1 : 2),
        ["a <= b"] = (Run<AtMost>, (a, b) => a <= b ? 1 : 2),
        ["a = b"] = (Run<Same>, (a, b) => a == b ? 1 : 2),
        ["and"] = (Run<Both>, (a, b) => a > 0 && b > 0 ? 1 : 2),
        ["or"] = (Run<Either>, (a, b) => a > 0 || b > 0 ? 1 : 2),
        ["not"] = (Run<Neither>, (a, b) => a > 0 || b > 0 ? 2 : 1),
        ["a · b + a is not fused"] = (Run<MultiplyAdd>, (a, b) => (float)(a * b) + a),
    };

    private delegate float[] Runner(LaneWidth width, float[] a, float[] b);

    public static TheoryData<string, LaneWidth> Operations()
    {
        TheoryData<string, LaneWidth> data = [];
        foreach (string operation in _operations.Keys)
        {
            foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
            {
                data.Add(operation, width);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_OnEveryPairOfEdges_IsThatOfFloat64RoundedOnce(string operation, LaneWidth width) =>
        AssertExact(
            operation,
            width,
            [.. Floats.Edges.SelectMany(_ => Floats.Edges)],
            [.. Floats.Edges.SelectMany(edge => Enumerable.Repeat(edge, Floats.Edges.Length))]);

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_OnAnyBits_IsThatOfFloat64RoundedOnce(string operation, LaneWidth width) =>
        AssertExact(operation, width, Floats.Any(1, 4001), Floats.Any(2, 4001));

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_AtEveryLength_ReachesEveryElement(string operation, LaneWidth width)
    {
        float[] a = Floats.Normal(3, LongestRun);
        float[] b = Floats.Normal(4, LongestRun);
        for (int count = 0; count <= LongestRun; count++)
        {
            AssertExact(operation, width, a[..count], b[..count]);
        }
    }

    [Theory]
    [InlineData(LaneWidth.Scalar)]
    [InlineData(LaneWidth.Bits128)]
    [InlineData(LaneWidth.Bits256)]
    [InlineData(LaneWidth.Bits512)]
    public void NegateAndAbs_OfNaN_TouchNothingButTheSign(LaneWidth width)
    {
        float[] nans = [.. Enumerable.Repeat(Floats.Of(0x7FC1_2345), 17), .. Enumerable.Repeat(Floats.Of(0xFFC5_4321), 17)];
        Assert.Equal(
            nans.Select(nan => BitConverter.SingleToUInt32Bits(nan) ^ 0x8000_0000),
            Run<Negate>(width, nans, nans).Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(
            nans.Select(nan => BitConverter.SingleToUInt32Bits(nan) & 0x7FFF_FFFF),
            Run<AbsOf>(width, nans, nans).Select(BitConverter.SingleToUInt32Bits));
    }

    [Theory]
    [InlineData(LaneWidth.Scalar)]
    [InlineData(LaneWidth.Bits128)]
    [InlineData(LaneWidth.Bits256)]
    [InlineData(LaneWidth.Bits512)]
    public void LoadAndStore_OfEveryBFloat16_KeepItsBits(LaneWidth width)
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        float[] widened = Copy(width, all.AsSpan());
        Assert.Equal(all.Select(bits => (uint)bits << 16), widened.Select(BitConverter.SingleToUInt32Bits));
        // Rounding makes NaN quiet; nothing else changes.
        Assert.Equal(all.Select(bits => (bits & 0x7FFF) > 0x7F80 ? (ushort)(bits | 0x40) : bits), Round(width, widened));
    }

    [Theory]
    [InlineData(LaneWidth.Scalar)]
    [InlineData(LaneWidth.Bits128)]
    [InlineData(LaneWidth.Bits256)]
    [InlineData(LaneWidth.Bits512)]
    public void StoreBFloat16_BetweenAnyTwoNeighbours_TakesTheNearerAndOfEqualOnesTheEven(LaneWidth width)
    {
        float[] values = [.. BFloat16Oracle.Between()];
        Assert.Equal(values.Select(BFloat16Oracle.Round), Round(width, values));
    }

    private static void AssertExact(string operation, LaneWidth width, float[] a, float[] b)
    {
        (Runner run, Func<double, double, double> expected) = _operations[operation];
        Assert.Equal(Floats.Bits(a.Zip(b, (x, y) => (float)expected(x, y))), Floats.Bits(run(width, a, b)));
    }

    private static float[] Run<O>(LaneWidth width, float[] a, float[] b)
        where O : struct, IOperation => new KernelMemory(ElementFormat.Single, null, a, b).Apply<Kernel<O>>(width, a.Length);

    private static float[] Copy(LaneWidth width, ReadOnlySpan<ushort> stored)
    {
        // Written as bits: storing numbers is what is tested.
        KernelMemory memory = new(ElementFormat.BFloat16, null, new float[stored.Length]);
        MemoryMarshal.Cast<ushort, byte>(stored).CopyTo(memory.Source(0));
        return memory.Apply<Kernel<First>>(width, stored.Length);
    }

    private static ushort[] Round(LaneWidth width, float[] values)
    {
        KernelMemory memory = new(ElementFormat.Single, null, values);
        byte[] stored = memory.Apply<Kernel<First>>(width, ElementFormat.BFloat16, 0, values.Length, values.Length);
        return MemoryMarshal.Cast<byte, ushort>(stored).ToArray();
    }

    private static bool HasNaN(double a, double b) => double.IsNaN(a) || double.IsNaN(b);

    // −0 is less than 0.
    private static bool IsLess(double a, double b) => a < b || (a == b && double.IsNegative(a));

    private interface IOperation
    {
        static abstract V Of<V>(V a, V b)
            where V : struct, IVec<V>;
    }

    private readonly struct Kernel<O> : IElementwiseKernel
        where O : struct, IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => O.Of(c.Source(0), c.Source(c.SourceCount - 1));
    }

    private readonly struct First : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a;
    }

    private readonly struct ZeroOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Zero;
    }

    private readonly struct DefaultOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => default;
    }

    private readonly struct TenthOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Of(0.1f);
    }

    private readonly struct Add : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a + b;
    }

    private readonly struct Subtract : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a - b;
    }

    private readonly struct Negate : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => -a;
    }

    private readonly struct Multiply : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a * b;
    }

    private readonly struct Divide : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a / b;
    }

    private readonly struct AbsOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Abs(a);
    }

    private readonly struct SqrtOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Sqrt(a);
    }

    private readonly struct MinOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Min(a, b);
    }

    private readonly struct MaxOf : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Max(a, b);
    }

    private readonly struct Above : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a > b, a, b);
    }

    private readonly struct Below : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a < b, a, b);
    }

    private readonly struct AtLeast : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a >= b, V.Of(1), V.Of(2));
    }

    private readonly struct AtMost : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a <= b, V.Of(1), V.Of(2));
    }

    private readonly struct Same : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(V.Equal(a, b), V.Of(1), V.Of(2));
    }

    private readonly struct Both : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where((a > V.Zero) & (b > V.Zero), V.Of(1), V.Of(2));
    }

    private readonly struct Either : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where((a > V.Zero) | (b > V.Zero), V.Of(1), V.Of(2));
    }

    private readonly struct Neither : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(~((a > V.Zero) | (b > V.Zero)), V.Of(1), V.Of(2));
    }

    private readonly struct MultiplyAdd : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => (a * b) + a;
    }
}
