using BenchmarkDotNet.Attributes;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Plugins.Dare;
using MergeHost.Plugins.TaskArithmetic;
using MergeHost.Plugins.Ties;
using MergeHost.Strategies;

namespace MergeHost.Perf;

/// <summary>The kernels of the strategies on one block that lies in the processor's cache, bf16 in and
/// out, against copying as many bytes.</summary>
public unsafe class StrategyPerf : IDisposable
{
    private const int Elements = 1 << 18;
    private const int Sources = 2;

    private readonly AlignedBlock _inputs = new(2L * Elements * (Sources + 1));
    private readonly AlignedBlock _output = new(2L * Elements);
    private readonly AlignedBlock _uniforms = new(2L * Elements * Sources);
    private readonly AlignedBlock _scratch = new(4096);
    private KernelRun _run;
    private ElementwiseFunction _taskArithmetic = null!;
    private ElementwiseFunction _ties = null!;
    private ElementwiseFunction _dare = null!;

    [Params(LaneWidth.Bits512, LaneWidth.Bits256)]
    public LaneWidth Lanes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        new System.Random(1).NextBytes(new Span<byte>(_inputs.Memory, (int)_inputs.Bytes));
        byte** sources = (byte**)(_scratch.Memory + 1024);
        sources[0] = _inputs.Memory + (2 * Elements);
        sources[1] = _inputs.Memory + (4 * Elements);
        float* parameters = (float*)(_scratch.Memory + 2048);
        new Span<float>(parameters, 64).Fill(0.3f);
        _run = new KernelRun
        {
            Base = _inputs.Memory,
            Sources = sources,
            SourceCount = Sources,
            Parameters = parameters,
            Uniforms = (ushort*)_uniforms.Memory,
            UniformStride = Elements,
            Scratch = _scratch.Memory,
            Count = Elements,
        };
        _taskArithmetic = Bind<TaskArithmeticStrategy, TaskArithmeticOptions>(new TaskArithmeticOptions { Weight = 0.5 });
        _ties = Bind<TiesStrategy, TiesOptions>(new TiesOptions { Weight = 0.5 });
        _dare = Bind<DareLinearStrategy, DareOptions>(new DareOptions { Weight = 0.5, Density = 0.3, Rescale = false });
    }

    [Benchmark(Baseline = true)]
    public void Copy()
    {
        for (int part = 0; part <= Sources; part++)
        {
            Buffer.MemoryCopy(_inputs.Memory + (2L * part * Elements), _output.Memory, 2 * Elements, 2 * Elements);
        }
    }

    [Benchmark]
    public void TaskArithmetic() => _taskArithmetic(_run, _output.Memory);

    [Benchmark]
    public void TiesBlend() => _ties(_run, _output.Memory);

    [Benchmark]
    public void DareBlend() => _dare(_run, _output.Memory);

    public void Dispose()
    {
        _inputs.Dispose();
        _output.Dispose();
        _uniforms.Dispose();
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    private ElementwiseFunction Bind<TStrategy, TOptions>(TOptions options)
        where TStrategy : IMergeStrategy<TOptions>, new()
        where TOptions : class
    {
        TensorInfo tensor = new("w", DType.BF16, [Elements]);
        TensorGroup group = new() { Output = tensor, Base = tensor, Sources = [(tensor, options), (tensor, options)], Options = options };
        return ElementwiseLoop.Bind((ElementwiseTreatment)((IMergeStrategy)new TStrategy()).Merge(group), Lanes, ElementFormat.BFloat16,
            ElementFormat.BFloat16);
    }
}
