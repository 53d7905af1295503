using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>What a kernel sees of a <see cref="KernelRun"/> at one place.</summary>
internal unsafe struct KernelContext<V, F> : IKernelContext<V>
    where V : struct, IMemoryVec<V>
    where F : struct, IElementFormat
{
    private readonly byte* _base;
    private readonly byte** _sources;
    private readonly float* _parameters;
    private readonly ushort* _uniforms;
    private readonly float* _ranks;
    private readonly byte* _scratch;
    private readonly nint _uniformStride;
    private readonly nint _rankStride;
    private readonly int _sourceCount;

    [MethodImpl(AggressiveInlining)]
    public KernelContext(in KernelRun run)
    {
        _base = run.Base;
        _sources = run.Sources;
        _parameters = run.Parameters;
        _uniforms = run.Uniforms;
        _ranks = run.Ranks;
        _scratch = run.Scratch;
        _uniformStride = run.UniformStride;
        _rankStride = run.RankStride;
        _sourceCount = run.SourceCount;
    }

    /// <summary>The place in the run's memory.</summary>
    public nint Element { get; set; }

    public readonly int SourceCount
    {
        [MethodImpl(AggressiveInlining)]
        get => _sourceCount;
    }

    public readonly V Base
    {
        [MethodImpl(AggressiveInlining)]
        get => F.Load<V>(_base, Element);
    }

    public readonly Span<V> Scratch
    {
        [MethodImpl(AggressiveInlining)]
        get => new(_scratch, _sourceCount);
    }

    [MethodImpl(AggressiveInlining)]
    public readonly V Source(int index) => F.Load<V>(_sources[index], Element);

    [MethodImpl(AggressiveInlining)]
    public readonly V P(int slot, int source = 0) => V.Of(_parameters[(slot * _sourceCount) + source]);

    [MethodImpl(AggressiveInlining)]
    public readonly V Uniform(int stream) => V.LoadUniform(_uniforms + (stream * _uniformStride) + Element);

    [MethodImpl(AggressiveInlining)]
    public readonly V Rank(int index) => V.LoadSingle(_ranks + (index * _rankStride) + Element);
}
