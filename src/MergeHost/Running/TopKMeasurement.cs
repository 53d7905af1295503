using MergeHost.Kernels.Selection;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Running;

/// <summary>The largest elements by magnitude: at once where they fit a unit, else in one pass if a sample tells well where to look, and in more if not.</summary>
internal sealed unsafe class TopKMeasurement : Measurement
{
    // Short enough for an operand to stay near the processor between being computed and being counted.
    private const int Cell = 2048;

    // The share of all elements for which there is room while the candidates are gathered.
    private const int LeastElementsPerKept = 16;

    private readonly IReadOnlyList<MeasuredPart> _parts;
    private readonly Operand _operand;
    private readonly RunContext _context;
    private readonly int _units;
    private readonly long _k;
    private readonly long _mostKept;
    private Lazy<CandidateSelection?>? _candidates;
    private float* _kept;
    private MagnitudeSelection? _selection;
    private MagnitudeCut? _cut;

    public TopKMeasurement(IReadOnlyList<MeasuredPart> parts, RunContext context)
    {
        TopKStatistic statistic = (TopKStatistic)parts[0].Statistic;
        _parts = parts;
        _context = context;
        _operand = statistic.Operand;
        _units = parts.Sum(part => part.Units);
        long elements = parts.Sum(part => part.Data.ElementCount);
        _k = (long)(statistic.Density * elements);
        _mostKept = elements / LeastElementsPerKept;
        _candidates = new Lazy<CandidateSelection?>(() => PrepareCandidates(statistic.Density));
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

        for (int start = 0; start < run.Count; start += TensorDigest.UnitElements)
        {
            int unit = part.FirstUnit + (int)((part.Data.FirstElement(block) + start) / TensorDigest.UnitElements);
            int end = (int)nint.Min(start + TensorDigest.UnitElements, run.Count);
            if (_candidates?.Value is { } candidates)
            {
                Collect(candidates, part, unit, run, start, end, worker);
            }
            else
            {
                Count(_selection, part, unit, run, start, end, worker);
            }
        }

        if (_selection.Pass < 2 && _candidates?.Value is null)
        {
            lock (_selection)
            {
                _selection.Add(Counts(worker));
            }
        }
    }

    public override void EndPass(BlockWorker worker)
    {
        if (_selection is null)
        {
            return;
        }

        if (_candidates?.Value is { } candidates)
        {
            candidates.TrySelect(_k, _selection, Counts(worker));
            _context.Arena.Return((byte*)_kept, sizeof(float) * _mostKept);
        }
        else
        {
            _selection.EndPass();
        }

        _candidates = null;
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

    // Without room or a sample, the selection takes more passes.
    private CandidateSelection? PrepareCandidates(double density)
    {
        _kept = (float*)_context.Arena.TryTake(sizeof(float) * _mostKept);
        if (_kept is null)
        {
            return null;
        }

        if (MagnitudeSample.Bracket(_parts, _operand, density) is { } bracket)
        {
            return new CandidateSelection(bracket, _units, _kept, _mostKept);
        }

        _context.Arena.Return((byte*)_kept, sizeof(float) * _mostKept);
        return null;
    }

    private void Collect(CandidateSelection candidates, MeasuredPart part, int unit, in KernelRun run, int start, int end, BlockWorker worker)
    {
        OperandFunction read = OperandOf(part);
        int most = TensorDigest.UnitElements + CandidateSelection.Slack;
        Span<float> kept = new(worker.Buffer(BufferUse.Kept, 0, sizeof(float) * (long)most), most);
        int within = 0;
        int above = 0;
        for (int cell = start; cell < end; cell += Cell)
        {
            Span<float> values = Read(read, part, run, cell, Math.Min(Cell, end - cell), worker);
            within += candidates.Collect(values, kept[within..], out int aboveCell);
            above += aboveCell;
        }

        candidates.Add(unit, kept[..within], above);
    }

    private void Count(MagnitudeSelection selection, MeasuredPart part, int unit, in KernelRun run, int start, int end, BlockWorker worker)
    {
        OperandFunction read = OperandOf(part);
        Span<uint> counts = Counts(worker);
        for (int cell = start; cell < end; cell += Cell)
        {
            Span<float> values = Read(read, part, run, cell, Math.Min(Cell, end - cell), worker);
            if (selection.Pass == 2)
            {
                selection.CountTies(values, unit);
            }
            else
            {
                selection.Count(values, counts);
            }
        }
    }

    private static Span<uint> Counts(BlockWorker worker) =>
        new(worker.Buffer(BufferUse.Counts, 0, sizeof(uint) * (long)MagnitudeSelection.Bins), MagnitudeSelection.Bins);

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
