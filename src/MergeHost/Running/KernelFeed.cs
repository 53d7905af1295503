using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Vectors;
using MergeHost.Lanes;

namespace MergeHost.Running;

/// <summary>Gives a kernel its parameters and random numbers, stretch by stretch.</summary>
internal sealed unsafe class KernelFeed
{
    // Short enough for random numbers to stay near the processor.
    private const int Cell = 4096;

    private readonly KernelParameters _parameters;
    private readonly Philox[] _streams;

    /// <param name="parameters">The kernel's table.</param>
    /// <param name="seed">The merge's seed.</param>
    /// <param name="tensor">The tensor's name.</param>
    public KernelFeed(KernelParameters parameters, long seed, string tensor)
    {
        _parameters = parameters;
        _streams = [.. Enumerable.Range(0, parameters.Streams).Select(stream => new Philox(seed, stream, tensor))];
    }

    /// <summary>Calls a kernel on the stretches of a block in which its parameters stay the same.</summary>
    /// <param name="block">The whole block, or a part of it.</param>
    /// <param name="firstElement">The tensor's element that lies at element 0 of the block's memory.</param>
    /// <param name="worker">Has the buffers.</param>
    /// <param name="call">Receives each stretch.</param>
    public void ForEach(in KernelRun block, long firstElement, BlockWorker worker, Action<KernelRun> call)
    {
        int table = _parameters.Slots * _parameters.Sources;
        float* parameters = (float*)worker.Buffer(BufferUse.Parameters, 0, sizeof(float) * Math.Max(1L, table));
        ushort* uniforms = (ushort*)worker.Buffer(BufferUse.Uniforms, 0, sizeof(ushort) * (long)Cell * Math.Max(1, _streams.Length));
        KernelRun stretch = block with { Parameters = parameters, UniformStride = Cell };
        long end = firstElement + block.Start + block.Count;
        long filled = 0;
        long filledEnd = 0;
        for (long element = firstElement + block.Start; element < end; element += stretch.Count)
        {
            long stop = Math.Min(end, _parameters.NextChange(element));
            if (_streams.Length > 0)
            {
                if (element >= filledEnd)
                {
                    filled = element / Philox.Group * Philox.Group;
                    filledEnd = Math.Min(end, filled + Cell);
                    Fill(filled, (int)(filledEnd - filled), uniforms);
                }

                // Numbers are found by the element's place in the block, as everything is.
                stop = Math.Min(stop, filledEnd);
                stretch.Uniforms = uniforms - (filled - firstElement);
            }

            _parameters.CopyTo(element, new Span<float>(parameters, table));
            stretch.Start = (nint)(element - firstElement);
            stretch.Count = (nint)(stop - element);
            call(stretch);
        }
    }

    private void Fill(long first, int count, ushort* uniforms)
    {
        for (int stream = 0; stream < _streams.Length; stream++)
        {
            _streams[stream].Fill(first, new Span<ushort>(uniforms + (stream * Cell), count));
        }
    }
}
