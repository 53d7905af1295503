using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Gives elements of an operand in float32, whether they are there as such or a formula makes them.</summary>
internal sealed unsafe class OperandReader
{
    private readonly Operand _operand;
    private readonly MeasuredPart _part;
    private readonly Loops _stored;
    private readonly Loops _decoded;
    private readonly KernelFeed? _feed;

    public OperandReader(Operand operand, MeasuredPart part, RunContext context)
    {
        (_operand, _part) = (operand, part);
        _stored = new Loops(operand, context.Options.Lanes, part.Data.Format);
        _decoded = new Loops(operand, context.Options.Lanes, ElementFormat.Single);
        _feed = operand.Formula is { } formula ? new KernelFeed(formula.Parameters, context.Options, part.Tensor, part.Data) : null;
    }

    /// <summary>Elements of a block.</summary>
    /// <param name="run">The whole block.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="start">The first element, counted from the beginning of the block.</param>
    /// <param name="count">How many, no more than a unit has.</param>
    /// <param name="worker">Has the buffers; the result stays until the next call.</param>
    public Span<float> Read(in KernelRun run, int block, int start, int count, BlockWorker worker)
    {
        Span<float> values = new(worker.Buffer(BufferUse.Operand, 0, sizeof(float) * (long)TensorDigest.UnitElements), count);
        Read(_stored, run, _part.Data.FirstElement(block), start, values, worker);
        return values;
    }

    /// <summary>Elements from anywhere in the tensor, past all blocks.</summary>
    public void Sample(long first, Span<float> destination, BlockWorker worker) =>
        Read(_decoded, _part.Data.Sample(first, destination.Length, worker), first, 0, destination, worker);

    private void Read(Loops loops, in KernelRun run, long firstElement, int start, Span<float> values, BlockWorker worker)
    {
        if (loops.Formula is null)
        {
            long offset = (long)start * loops.ElementBytes;
            byte* minuend = _operand.SourceIndex is { } source ? run.Sources[source] : run.Base;
            loops.Read(minuend + offset, _operand.SubtractsBase ? run.Base + offset : null, values);
            return;
        }

        fixed (float* destination = values)
        {
            // Results lie at their element's place, as the inputs do.
            byte* output = (byte*)(destination - start);
            _feed!.ForEach(run with { Start = start, Count = values.Length }, firstElement, worker,
                stretch => loops.Formula(stretch, output));
        }
    }

    private sealed class Loops(Operand operand, LaneWidth lanes, ElementFormat format)
    {
        public OperandFunction Read { get; } = OperandLoop.Bind(lanes, format);

        public ElementwiseFunction? Formula { get; } = operand.Formula is { } formula
            ? ElementwiseLoop.Bind(formula, lanes, format, ElementFormat.Single)
            : null;

        public int ElementBytes { get; } = format == ElementFormat.BFloat16 ? sizeof(ushort) : sizeof(float);
    }
}
