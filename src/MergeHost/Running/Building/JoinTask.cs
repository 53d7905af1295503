using System.Numerics.Tensors;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plans;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Tensors;
using MergeHost.Strategies;

namespace MergeHost.Running.Building;

/// <summary>Puts runs of elements one after the other: byte for byte where the dtype stays, else rounded to the new one.</summary>
/// <remarks>
/// The digest that is noted of a source is made of those of its runs, each of which is hashed in the units of the output.
/// </remarks>
internal sealed unsafe class JoinTask : ITensorTask, ITensorPhase
{
    private readonly TensorPlan _plan;
    private readonly RunContext _context;
    private readonly int _blockElements;
    private readonly Run[] _runs;
    private TensorOutput? _output;

    public JoinTask(TensorPlan plan, JoinTreatment join, RunContext context)
    {
        _plan = plan;
        _context = context;
        _blockElements = TensorData.BlockElementsFor(plan, context.Options.BlockElements);
        _runs = new Run[join.Parts.Count];
        long begin = 0;
        for (int index = 0; index < _runs.Length; index++)
        {
            TensorPart part = join.Parts[index];
            InputTensor input = plan.Sources[part.Source];
            _runs[index] = new Run(part, begin, context.Readers[input.Model], input.Tensor);
            begin += part.Count;
        }
    }

    public ITensorPhase? Phase { get; private set; }

    public long NeededBytes => 0;

    public int BlockCount => (int)((_plan.Output.ElementCount + _blockElements - 1) / _blockElements);

    public IReadOnlyList<TensorRecord> Records =>
    [
        new(_plan.Output.Name, _output!.Digest, _output.NonFinite,
            [.. Enumerable.Range(0, _plan.Sources.Count)
                .Select(source => TensorDigest.OfAll(_runs.Where(run => run.Part.Source == source).Select(run => run.Digest.ToString())))]),
    ];

    public void Begin()
    {
        _output = new TensorOutput(_plan.Output, _context);
        Phase = this;
    }

    public void Advance(BlockWorker worker) => Phase = null;

    void ITensorPhase.Run(int block, BlockWorker worker)
    {
        long first = (long)block * _blockElements;
        int count = (int)Math.Min(_blockElements, _plan.Output.ElementCount - first);
        Piece[] pieces = [.. Pieces(first, count)];
        DType type = _plan.Output.DType;
        if (pieces.All(piece => piece.Run.Tensor.DType == type && piece.IsOfWholeBlocks && piece.Run.Part.Factor == 1))
        {
            byte* stored = worker.Buffer(BufferUse.Result, 0, type.LengthBytes(count));
            foreach (Piece piece in pieces)
            {
                Read(piece, new Span<byte>(stored + type.LengthBytes(piece.Output - first), (int)type.LengthBytes(piece.Count)));
            }

            _output!.WriteStored(first, new ReadOnlySpan<byte>(stored, (int)type.LengthBytes(count)));
            return;
        }

        Span<float> decoded = new(worker.Buffer(BufferUse.Decoded, 0, sizeof(float) * (long)count), count);
        foreach (Piece piece in pieces)
        {
            Span<float> destination = decoded.Slice((int)(piece.Output - first), piece.Count);
            Decode(piece, destination, worker);
            TensorPrimitives.Multiply(destination, piece.Run.Part.Factor, destination);
        }

        BlockPart whole = new(first, count, 0, count);
        _output!.Take(whole, decoded, worker);
        _output.Write(whole, worker);
    }

    private IEnumerable<Piece> Pieces(long first, int count)
    {
        int index = Array.BinarySearch(_runs, first, Comparer<object>.Create((one, other) => Begin(one).CompareTo(Begin(other))));
        for (index = index < 0 ? ~index - 1 : index; index < _runs.Length && _runs[index].Begin < first + count; index++)
        {
            Run run = _runs[index];
            long begin = Math.Max(first, run.Begin);
            long end = Math.Min(first + count, run.Begin + run.Part.Count);
            yield return new Piece(run, begin, (int)(end - begin));
        }

        static long Begin(object item) => item is Run run ? run.Begin : (long)item;
    }

    private void Read(Piece piece, Span<byte> stored)
    {
        piece.Run.Reader.Read(piece.Run.Tensor, piece.First, stored);
        Hash(piece, stored);
    }

    // Of blocks only a part may be wanted.
    private void Decode(Piece piece, Span<float> destination, BlockWorker worker)
    {
        DType type = piece.Run.Tensor.DType;
        int skipped = (int)(piece.First % type.BlockElements);
        int count = (skipped + piece.Count + type.BlockElements - 1) / type.BlockElements * type.BlockElements;
        Span<byte> stored = new(worker.Buffer(BufferUse.Stored, 0, type.LengthBytes(count)), (int)type.LengthBytes(count));
        piece.Run.Reader.Read(piece.Run.Tensor, piece.First - skipped, stored);
        Hash(piece, stored);
        if (count == piece.Count)
        {
            DTypeConversion.ToSingle(type, stored, destination);
            return;
        }

        Span<float> all = new(worker.Buffer(BufferUse.Operand, 0, sizeof(float) * (long)count), count);
        DTypeConversion.ToSingle(type, stored, all);
        all.Slice(skipped, piece.Count).CopyTo(destination);
    }

    // Blocks are of whole units, so that no unit of a run is cut by a block.
    private void Hash(Piece piece, ReadOnlySpan<byte> stored)
    {
        long firstUnit = piece.Run.Begin / TensorDigest.UnitElements;
        DType type = piece.Run.Tensor.DType;
        int done = 0;
        for (long begin = piece.Output; begin < piece.Output + piece.Count;)
        {
            long unit = begin / TensorDigest.UnitElements;
            long next = Math.Min((unit + 1) * TensorDigest.UnitElements, piece.Output + piece.Count);
            int end = next == piece.Output + piece.Count
                ? stored.Length
                : (int)(type.LengthBytes((next - piece.Output) / type.BlockElements * type.BlockElements));
            piece.Run.Digest.Add((int)(unit - firstUnit), stored[done..end]);
            (begin, done) = (next, end);
        }

        _context.AddProcessed(stored.Length);
    }

    private sealed class Run(TensorPart part, long begin, ICheckpointReader reader, TensorInfo tensor)
    {
        public TensorPart Part { get; } = part;

        public long Begin { get; } = begin;

        public ICheckpointReader Reader { get; } = reader;

        public TensorInfo Tensor { get; } = tensor;

        public TensorDigest Digest { get; } =
            new((((begin + part.Count - 1) / TensorDigest.UnitElements) - (begin / TensorDigest.UnitElements)
                + 1) * TensorDigest.UnitElements);
    }

    /// <summary>The part of a run that lies in a block.</summary>
    private readonly record struct Piece(Run Run, long Output, int Count)
    {
        public long First => Run.Part.First + Output - Run.Begin;

        public bool IsOfWholeBlocks => First % Run.Tensor.DType.BlockElements == 0 && Count % Run.Tensor.DType.BlockElements == 0;
    }
}
