using MergeHost.Kernels.Selection;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Running;

/// <summary>The largest elements by magnitude: at once where they fit a unit, in up to three passes otherwise.</summary>
internal sealed unsafe class TopKMeasurement : Measurement
{
    // Short enough for an operand to stay near the processor between being computed and being counted.
    private const int Cell = 2048;

    private readonly IReadOnlyList<MeasuredPart> _parts;
    private readonly Operand _operand;
    private readonly RunContext _context;
    private readonly int _units;
    private readonly long _k;
    private MagnitudeSelection? _selection;
    private MagnitudeCut? _cut;

    public TopKMeasurement(IReadOnlyList<MeasuredPart> parts, RunContext context)
    {
        TopKStatistic statistic = (TopKStatistic)parts[0].Statistic;
        _parts = parts;
        _context = context;
        _operand = statistic.Operand;
        _units = parts.Sum(part => part.Units);
        _k = (long)(statistic.Density * parts.Sum(part => part.Data.ElementCount));
        if (_k == 0)
        {
            _cut = new MagnitudeCut(float.PositiveInfinity, 0);
        }
        else if (_units > 1)
        {
            _selection = context.TakeSelection();
            _selection.Begin(_k, _units);
        }
    }

    public override bool IsDone => _cut is not null;

    public override void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker)
    {
        if (_selection is null)
        {
            _cut = SmallSelection.Select(Read(OperandOf(part), part, run, 0, (int)run.Count, worker), (int)_k);
            return;
        }

        OperandFunction read = OperandOf(part);
        Span<uint> counts = new(worker.Buffer(BufferUse.Counts, 0, sizeof(uint) * (long)MagnitudeSelection.Bins), MagnitudeSelection.Bins);
        for (int start = 0; start < run.Count; start += Cell)
        {
            Span<float> values = Read(read, part, run, start, (int)nint.Min(Cell, run.Count - start), worker);
            if (_selection.Pass == 2)
            {
                long element = part.Data.FirstElement(block) + start;
                _selection.CountTies(values, part.FirstUnit + (int)(element / TensorDigest.UnitElements));
            }
            else
            {
                _selection.Count(values, counts);
            }
        }

        if (_selection.Pass < 2)
        {
            lock (_selection)
            {
                _selection.Add(counts);
            }
        }
    }

    public override void EndPass(BlockWorker worker)
    {
        if (_selection is null)
        {
            return;
        }

        _selection.EndPass();
        if (_selection.Pass >= 3)
        {
            _cut = _selection.Pass == 3 ? FindTie(_selection, worker) : _selection.Cut;
            _context.ReturnSelection(_selection);
            _selection = null;
        }
    }

    public override object ResultFor(MeasuredPart part)
    {
        MagnitudeCut cut = _cut!.Value;
        if (_parts.Count == 1 || cut.TieEnd is 0 or long.MaxValue)
        {
            return cut;
        }

        // The edge lies in one of the parts: those before it keep all their ties, those after it none.
        long offset = 0;
        foreach (MeasuredPart before in _parts.TakeWhile(before => before != part))
        {
            offset += before.Data.ElementCount;
        }

        long end = Math.Clamp(cut.TieEnd - offset, 0, part.Data.ElementCount);
        return cut with { TieEnd = end == part.Data.ElementCount ? long.MaxValue : end };
    }

    // Looks for the edge in its unit, and tells it as an element of all parts together.
    private MagnitudeCut FindTie(MagnitudeSelection selection, BlockWorker worker)
    {
        MeasuredPart part = _parts.Last(part => part.Units > 0 && part.FirstUnit <= selection.TieUnit);
        long first = (long)(selection.TieUnit - part.FirstUnit) * TensorDigest.UnitElements;
        int block = part.Data.BlockOf(first);
        KernelRun run = part.Data.Load(block, worker);
        int start = (int)(first - part.Data.FirstElement(block));
        selection.FindTie(Read(OperandOf(part), part, run, start, Math.Min(TensorDigest.UnitElements, (int)run.Count - start), worker));
        long before = _parts.TakeWhile(other => other != part).Sum(other => other.Data.ElementCount);
        return selection.Cut with { TieEnd = selection.Cut.TieEnd + before + first };
    }

    private OperandFunction OperandOf(MeasuredPart part) => OperandLoop.Bind(_context.Options.Lanes, part.Data.Format);

    private Span<float> Read(OperandFunction read, MeasuredPart part, in KernelRun run, int start, int count, BlockWorker worker)
    {
        Span<float> values = new(worker.Buffer(BufferUse.Operand, 0, sizeof(float) * (long)TensorDigest.UnitElements), count);
        byte* minuend = _operand.SourceIndex is { } source ? run.Sources[source] : run.Base;
        byte* subtrahend = _operand.SubtractsBase ? run.Base : null;
        long offset = (long)start * (part.Data.Format == ElementFormat.BFloat16 ? sizeof(ushort) : sizeof(float));
        read(minuend + offset, subtrahend is null ? null : subtrahend + offset, values);
        return values;
    }
}
