using System.Runtime.CompilerServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using TorchSharp;

namespace MergeHost.Torch.Tests;

public sealed class TorchElementwiseTests
{
    private const int Count = 5_003;
    private const int Sources = 3;

    public static TheoryData<ElementFormat, ElementFormat, LaneWidth> Cases()
    {
        TheoryData<ElementFormat, ElementFormat, LaneWidth> data = [];
        foreach (ElementFormat input in Enum.GetValues<ElementFormat>())
        {
            foreach (ElementFormat output in Enum.GetValues<ElementFormat>())
            {
                foreach (LaneWidth width in Enum.GetValues<LaneWidth>())
                {
                    data.Add(input, output, width);
                }
            }
        }

        return data;
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void TaskArithmetic_ByTorch_HasTheBitsOfTheLanes(ElementFormat input, ElementFormat output, LaneWidth width) =>
        AssertSameBits<TaskArithmeticKernel>(input, output, width);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Ties_ByTorch_HasTheBitsOfTheLanes(ElementFormat input, ElementFormat output, LaneWidth width) =>
        AssertSameBits<TiesKernel>(input, output, width);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Dare_ByTorch_HasTheBitsOfTheLanes(ElementFormat input, ElementFormat output, LaneWidth width) =>
        AssertSameBits<DareKernel>(input, output, width);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Della_ByTorch_HasTheBitsOfTheLanes(ElementFormat input, ElementFormat output, LaneWidth width) =>
        AssertSameBits<DellaKernel>(input, output, width);

    [TorchFact]
    public void Run_FromSeveralThreads_LeavesNoTensorAlive()
    {
        Data data = new(ElementFormat.BFloat16);
        ElementwiseFunction function = TorchElementwise.Bind(
            Kernels.Of<TiesKernel>(), Kernels.TorchCpu, ElementFormat.BFloat16, ElementFormat.BFloat16);
        long before = torch.Tensor.TotalCount;
        Parallel.For(0, 16, _ => data.Run(function, ElementFormat.BFloat16));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [TorchFact]
    public void Run_WhenTheKernelThrows_LeavesNoTensorAlive()
    {
        Data data = new(ElementFormat.Single);
        ElementwiseFunction function = TorchElementwise.Bind(
            Kernels.Of<ThrowingKernel>(), Kernels.TorchCpu, ElementFormat.Single, ElementFormat.Single);
        long before = torch.Tensor.TotalCount;
        Assert.Throws<NotSupportedException>(() => data.Run(function, ElementFormat.Single));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [TorchFact]
    public void Run_LeavesItsInputsAsTheyAre()
    {
        Data data = new(ElementFormat.Single);
        byte[] before = [.. data.Base];
        data.Run(TorchElementwise.Bind(
            Kernels.Of<TiesKernel>(), Kernels.TorchCpu, ElementFormat.Single, ElementFormat.Single), ElementFormat.Single);
        Assert.Equal(before, data.Base);
    }

    [TorchFact]
    public void Bind_UsesOneThreadWithinAnOperation()
    {
        TorchElementwise.Bind(Kernels.Of<TiesKernel>(), Kernels.TorchCpu, ElementFormat.Single, ElementFormat.Single);
        Assert.Equal(1, torch.get_num_threads());
    }

    [CudaFact]
    public void Ties_OnAGpu_HasTheBitsOfTheLanes()
    {
        const ElementFormat format = ElementFormat.BFloat16;
        Data data = new(format);
        ElementwiseFunction lanes = ElementwiseLoop.Bind(Kernels.Of<TiesKernel>(), LaneWidth.Scalar, format, format);
        ElementwiseFunction gpu = TorchElementwise.Bind(Kernels.Of<TiesKernel>(), new DeviceSpec(DeviceKind.Cuda), format, format);
        Assert.Equal(data.Run(lanes, format), data.Run(gpu, format));
    }

    private static void AssertSameBits<K>(ElementFormat input, ElementFormat output, LaneWidth width)
        where K : struct, IElementwiseKernel
    {
        Data data = new(input);
        uint[] expected = data.Run(ElementwiseLoop.Bind(Kernels.Of<K>(), width, input, output), output);
        uint[] actual = data.Run(TorchElementwise.Bind(Kernels.Of<K>(), Kernels.TorchCpu, input, output), output);
        Assert.Equal(expected, actual);
    }

    private sealed class Data
    {
        private readonly byte[][] _sources;
        private readonly ushort[] _uniforms;
        private readonly float[] _ranks;
        private readonly KernelParameters _parameters = new(slots: 2, Sources) { Streams = Sources };

        public Data(ElementFormat format)
        {
            Random random = new(3);
            float[] weights = [.. Enumerable.Range(0, Count).Select(_ => (float)(random.NextDouble() - 0.5))];
            Base = Kernels.Bytes(weights, format);
            _sources = [.. Enumerable.Range(0, Sources).Select(_ =>
                Kernels.Bytes([.. weights.Select(weight => weight + (float)((random.NextDouble() - 0.5) / 16))], format))];
            _uniforms = [.. Enumerable.Range(0, Sources * Count).Select(_ => (ushort)random.Next(1 << 16))];
            _ranks = [.. Enumerable.Range(0, Sources * Count).Select(_ => random.NextSingle())];
            for (int i = 0; i < Sources; i++)
            {
                _parameters[0, i] = 0.3f + (0.2f * i);
                _parameters[1, i] = 0.01f * (i + 1);
            }
        }

        public byte[] Base { get; }

        public uint[] Run(ElementwiseFunction function, ElementFormat output) =>
            Kernels.Run(function, output, Count, _parameters, Base, _sources, _uniforms, _ranks);
    }

    private readonly struct TaskArithmeticKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.P(0, i) * (c.Source(i) - c.Base);
            }

            return c.Base + sum;
        }
    }

    // Slot 0 holds weights, slot 1 thresholds.
    private readonly struct TiesKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V mass = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = c.Source(i) - c.Base;
                c.Scratch[i] = V.Where(V.Abs(taskVector) >= c.P(1, i), c.P(0, i) * taskVector, V.Zero);
                mass += c.Scratch[i];
            }

            V sum = V.Zero;
            V weights = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V agrees = c.Scratch[i] * mass;
                sum += V.Where(agrees > V.Zero, c.Scratch[i], V.Zero);
                weights += V.Where(agrees > V.Zero, c.P(0, i), V.Zero);
            }

            return c.Base + V.Where(weights > V.Zero, sum / weights, V.Zero);
        }
    }

    private readonly struct DareKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V result = c.Base;
            for (int i = 0; i < c.SourceCount; i++)
            {
                result += V.Where(c.Uniform(i) < c.P(0, i), (c.Source(i) - c.Base) / c.P(0, i), V.Zero);
            }

            return result;
        }
    }

    private readonly struct DellaKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V result = c.Base;
            for (int i = 0; i < c.SourceCount; i++)
            {
                result += V.Where(c.Uniform(i) < c.P(1, i) + c.Rank(i), c.Source(i) - c.Base, V.Zero);
            }

            return result;
        }
    }

    private readonly struct ThrowingKernel : IElementwiseKernel
    {
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => throw new NotSupportedException($"{c.Base + c.Source(0)}");
    }
}
