using System.Runtime.CompilerServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Torch.Tests;

public sealed class TorchVecTests
{
    private const int LongestRun = 130;

    // Zeros, subnormals, the largest, infinities, quiet and signalling NaN, and halves between an even and an odd BF16.
    private static readonly float[] _edges =
    [
        0f, -0f, 1f, -1f, 2.5f, -3.75f, float.Epsilon, -float.Epsilon, 1.17549421e-38f, 3e-39f, float.MaxValue, -float.MaxValue,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN, Bits(0x7FC1_2345), Bits(0xFF81_2345),
        Bits(0x3F80_8000), Bits(0x3F81_8000),
    ];

    private static readonly Dictionary<string, ElementwiseTreatment> _operations = new()
    {
        ["zero"] = Kernels.Of<Kernel<ZeroOf>>(),
        ["default"] = Kernels.Of<Kernel<DefaultOf>>(),
        ["constant"] = Kernels.Of<Kernel<ConstantOf>>(),
        ["+"] = Kernels.Of<Kernel<Add>>(),
        ["-"] = Kernels.Of<Kernel<Subtract>>(),
        ["negate"] = Kernels.Of<Kernel<Negate>>(),
        ["*"] = Kernels.Of<Kernel<Multiply>>(),
        ["/"] = Kernels.Of<Kernel<Divide>>(),
        ["/ constant"] = Kernels.Of<Kernel<DivideByConstant>>(),
        ["abs"] = Kernels.Of<Kernel<Abs>>(),
        ["sqrt"] = Kernels.Of<Kernel<Sqrt>>(),
        ["min"] = Kernels.Of<Kernel<Min>>(),
        ["max"] = Kernels.Of<Kernel<Max>>(),
        [">"] = Kernels.Of<Kernel<Above>>(),
        ["<"] = Kernels.Of<Kernel<Below>>(),
        [">="] = Kernels.Of<Kernel<AtLeast>>(),
        ["<="] = Kernels.Of<Kernel<AtMost>>(),
        ["="] = Kernels.Of<Kernel<Same>>(),
        ["and"] = Kernels.Of<Kernel<Both>>(),
        ["or"] = Kernels.Of<Kernel<Either>>(),
        ["not"] = Kernels.Of<Kernel<Neither>>(),
    };

    public static TheoryData<string, ElementFormat, ElementFormat> Operations()
    {
        TheoryData<string, ElementFormat, ElementFormat> data = [];
        foreach (string operation in _operations.Keys)
        {
            foreach (ElementFormat input in Enum.GetValues<ElementFormat>())
            {
                foreach (ElementFormat output in Enum.GetValues<ElementFormat>())
                {
                    data.Add(operation, input, output);
                }
            }
        }

        return data;
    }

    [TorchTheory]
    [MemberData(nameof(Operations))]
    public void Operation_OnEveryPairOfEdges_HasTheBitsOfTheScalarLane(
        string operation, ElementFormat input, ElementFormat output)
    {
        float[] a = [.. _edges.SelectMany(_ => _edges)];
        float[] b = [.. _edges.SelectMany(edge => Enumerable.Repeat(edge, _edges.Length))];
        AssertSameBits(operation, input, output, a, b);
    }

    [TorchTheory]
    [MemberData(nameof(Operations))]
    public void Operation_OnRandomBits_HasTheBitsOfTheScalarLane(string operation, ElementFormat input, ElementFormat output)
    {
        Random random = new(1);
        AssertSameBits(operation, input, output, RandomBits(random, 10_000), RandomBits(random, 10_000));
    }

    [TorchTheory]
    [InlineData("+")]
    [InlineData("sqrt")]
    [InlineData("min")]
    [InlineData("constant")]
    public void Operation_AtEveryLength_HasTheBitsOfTheScalarLane(string operation)
    {
        const ElementFormat format = ElementFormat.BFloat16;
        Random random = new(2);
        for (int count = 0; count <= LongestRun; count++)
        {
            AssertSameBits(operation, format, format, RandomBits(random, count), RandomBits(random, count));
        }
    }

    [TorchFact]
    public void Widening_OfEveryBFloat16_KeepsItsBits()
    {
        float[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => Bits((uint)bits << 16))];
        byte[][] sources = [Kernels.Bytes(all, ElementFormat.BFloat16)];
        ElementwiseFunction copy = TorchElementwise.Bind(
            Kernels.Of<Kernel<First>>(), Kernels.TorchCpu, ElementFormat.BFloat16, ElementFormat.Single);
        uint[] bits = Kernels.Run(copy, ElementFormat.Single, all.Length, new KernelParameters(0, 1), null, sources);
        Assert.Equal(all.Select(BitConverter.SingleToUInt32Bits), bits);
    }

    private static void AssertSameBits(string operation, ElementFormat input, ElementFormat output, float[] a, float[] b)
    {
        ElementwiseTreatment treatment = _operations[operation];
        KernelParameters parameters = new(0, 2);
        byte[][] sources = [Kernels.Bytes(a, input), Kernels.Bytes(b, input)];
        uint[] expected = Kernels.Run(
            ElementwiseLoop.Bind(treatment, LaneWidth.Scalar, input, output), output, a.Length, parameters, null, sources);
        uint[] actual = Kernels.Run(
            TorchElementwise.Bind(treatment, Kernels.TorchCpu, input, output), output, a.Length, parameters, null, sources);
        Assert.Equal(expected.OneNaN(), actual.OneNaN());
    }

    private static float[] RandomBits(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Bits((uint)random.NextInt64(1L << 32)))];

    private static float Bits(uint bits) => BitConverter.UInt32BitsToSingle(bits);

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
            where V : struct, IVec<V> => a + default(V);
    }

    private readonly struct ConstantOf : IOperation
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

    private readonly struct DivideByConstant : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => a / V.Of(3);
    }

    private readonly struct Abs : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Abs(a);
    }

    private readonly struct Sqrt : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Sqrt(a);
    }

    private readonly struct Min : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Min(a, b);
    }

    private readonly struct Max : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Max(a, b);
    }

    private readonly struct Above : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a > b, a, V.Of(7));
    }

    private readonly struct Below : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a < b, a, V.Of(7));
    }

    private readonly struct AtLeast : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a >= b, V.Of(7), b);
    }

    private readonly struct AtMost : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(a <= b, V.Of(7), b);
    }

    private readonly struct Same : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(V.Equal(a, b), V.Of(1), V.Of(2));
    }

    private readonly struct Both : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where((a > V.Zero) & (b > V.Zero), a, b);
    }

    private readonly struct Either : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where((a > V.Zero) | (b > V.Zero), a, b);
    }

    private readonly struct Neither : IOperation
    {
        public static V Of<V>(V a, V b)
            where V : struct, IVec<V> => V.Where(~((a > V.Zero) | (b > V.Zero)), a, b);
    }
}
