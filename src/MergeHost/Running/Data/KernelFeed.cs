using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Data;

/// <summary>Gives a kernel its parameters and random numbers, stretch by stretch.</summary>
internal sealed unsafe class KernelFeed
{
    // Short enough for random numbers to stay near the processor.
    private const int Cell = 4096;

    private readonly KernelParameters _parameters;
    private readonly Philox[] _streams;
    private readonly OperandFunction _read;
    private readonly int _elementBytes;
    private readonly int _rowLength;

    /// <param name="parameters">The kernel's table.</param>
    /// <param name="options">The merge's seed, and the width of lanes.</param>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="data">Its inputs; cut between rows if the kernel asks for ranks.</param>
    public KernelFeed(KernelParameters parameters, MergeOptions options, string tensor, TensorData data)
    {
        _parameters = parameters;
        _streams = [.. Enumerable.Range(0, parameters.Streams).Select(stream => new Philox(options.Seed, stream, tensor))];
        _read = OperandLoop.Bind(options.Lanes, data.Format);
        _elementBytes = data.Format == ElementFormat.BFloat16 ? sizeof(ushort) : sizeof(float);
        _rowLength = parameters.Ranks.Count == 0 ? 0 : (int)data.RowLength;
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
        long rankedEnd = 0;
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

            if (_rowLength > 0)
            {
                long row = element / _rowLength * _rowLength;
                if (element >= rankedEnd)
                {
                    rankedEnd = row + _rowLength;
                    stretch.Ranks = Rank(block, row - firstElement, worker) - (row - firstElement);
                    stretch.RankStride = _rowLength;
                }

                stop = Math.Min(stop, rankedEnd);
            }

            _parameters.CopyTo(element, new Span<float>(parameters, table));
            stretch.Start = (nint)(element - firstElement);
            stretch.Count = (nint)(stop - element);
            call(stretch);
        }
    }

    // The row begins at that element of the block's memory, all of which is there.
    private float* Rank(in KernelRun block, long first, BlockWorker worker)
    {
        float* ranks = (float*)worker.Buffer(BufferUse.Ranks, 0, sizeof(float) * (long)_rowLength * _parameters.Ranks.Count);
        Span<float> values = new(worker.Buffer(BufferUse.Operand, 0, sizeof(float) * (long)Math.Max(_rowLength, TensorDigest.UnitElements)),
            _rowLength);
        long offset = first * _elementBytes;
        for (int index = 0; index < _parameters.Ranks.Count; index++)
        {
            Operand operand = _parameters.Ranks[index];
            byte* minuend = operand.SourceIndex is { } source ? block.Sources[source] : block.Base;
            _read(minuend + offset, operand.SubtractsBase ? block.Base + offset : null, values);
            worker.Ranking.Fill(values, new Span<float>(ranks + ((long)index * _rowLength), _rowLength));
        }

        return ranks;
    }

    private void Fill(long first, int count, ushort* uniforms)
    {
        for (int stream = 0; stream < _streams.Length; stream++)
        {
            _streams[stream].Fill(first, new Span<ushort>(uniforms + (stream * Cell), count));
        }
    }
}
