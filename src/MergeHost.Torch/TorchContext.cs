using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>What a kernel sees of a <see cref="KernelRun"/>, all of it at once.</summary>
internal readonly unsafe struct TorchContext : IKernelContext<TorchVec>
{
    private readonly KernelRun _run;
    private readonly TorchVec _base;
    private readonly TorchVec[] _sources;
    private readonly TorchVec[] _scratch;

    /// <summary>Brings the elements of a run to this thread's device.</summary>
    public TorchContext(in KernelRun run, ElementFormat input)
    {
        _run = run;
        _base = run.Base is null ? default : Load(run.Base, input, run);
        _sources = new TorchVec[run.SourceCount];
        _scratch = new TorchVec[run.SourceCount];
        for (int i = 0; i < _sources.Length; i++)
        {
            _sources[i] = Load(run.Sources[i], input, run);
        }
    }

    public int SourceCount => _run.SourceCount;

    public TorchVec Base => _base;

    public Span<TorchVec> Scratch => _scratch;

    public TorchVec Source(int index) => _sources[index];

    public TorchVec P(int slot, int source = 0) => TorchVec.Of(_run.Parameters[(slot * _run.SourceCount) + source]);

    public TorchVec Uniform(int stream)
    {
        ushort* numbers = _run.Uniforms + (stream * _run.UniformStride) + _run.Start;
        torch.Tensor signed = TorchMemory.Read(numbers, _run.Count, torch.int16, TorchVec.Device).to(torch.int32);
        return (new TorchVec(signed.bitwise_and(torch.tensor(0xFFFF)).to(torch.float32)) + TorchVec.Of(0.5f)) * TorchVec.Of(1f / (1 << 16));
    }

    public TorchVec Rank(int index)
    {
        float* numbers = _run.Ranks + (index * _run.RankStride) + _run.Start;
        return new TorchVec(TorchMemory.Read((byte*)numbers, _run.Count, torch.float32, TorchVec.Device));
    }

    // Elements cross the bus as they are stored, and are widened on the other side.
    private static TorchVec Load(byte* data, ElementFormat format, in KernelRun run)
    {
        torch.ScalarType type = format == ElementFormat.BFloat16 ? torch.bfloat16 : torch.float32;
        byte* first = data + (run.Start * TorchElementwise.SizeOf(format));
        return new TorchVec(TorchMemory.Read(first, run.Count, type, TorchVec.Device).to(torch.float32));
    }
}
