using MergeHost.Kernels.Selection;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>The largest elements by magnitude: at once where they fit a unit, else in one pass if a sample tells
/// well where to look, and in more if not.</summary>
internal sealed unsafe class TopKMeasurement : Measurement
{
    // Short enough for an operand to stay near the processor between being computed and being counted.
    private const int Cell = 2048;

    // The share of all elements for which there is room while the candidates are gathered.
    private const int LeastElementsPerKept = 16;

    private static readonly MagnitudeCut _none = new(float.PositiveInfinity, 0);

    private readonly IReadOnlyList<MeasuredPart> _parts;
    private readonly TopKStatistic _statistic;
    private readonly Dictionary<MeasuredPart, OperandReader> _readers;
    private readonly RunContext _context;
    private readonly int _units;
    private readonly long _elements;
    private readonly long _mostKept;
    private long? _k;
    private long _zeros;
    private Lazy<CandidateSelection?>? _candidates;
    private float* _kept;
    private MagnitudeSelection? _selection;
    private MagnitudeCut? _cut;

    public TopKMeasurement(IReadOnlyList<MeasuredPart> parts, RunContext context)
    {
        _parts = parts;
        _context = context;
        _statistic = (TopKStatistic)parts[0].Statistic;
        _readers = parts.ToDictionary(part => part, part => new OperandReader(_statistic.Operand, part, context));
        _units = parts.Sum(part => part.Units);
        _elements = parts.Sum(part => part.Data.ElementCount);
        _mostKept = _elements / LeastElementsPerKept;
        _candidates = new Lazy<CandidateSelection?>(PrepareCandidates);
        _k = _statistic.OfNonZero ? null : _statistic.Kept(_elements, 0);
        if (_k == 0 || _elements == 0)
        {
            _cut = _none;
        }
        else if (_units > 1)
        {
            _selection = context.TakeSelection();
            _selection.Begin(_units);
        }
    }

    public override bool IsDone => _cut is not null;

    public override MeasuredResult Result
    {
        get => new(null, _cut!.Value.Threshold, _cut.Value.TieEnd);
        set => End(new MagnitudeCut(value.Threshold, value.TieEnd));
    }

    public override void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker)
    {
        if (_selection is null)
        {
            Span<float> values = _readers[part].Read(run, block, 0, (int)run.Count, worker);
            _cut = SmallSelection.Select(values, (int)_statistic.Kept(_elements, _elements - MagnitudeSelection.CountZeros(values)));
            return;
        }

        for (int start = 0; start < run.Count; start += TensorDigest.UnitElements)
        {
            int unit = part.FirstUnit + (int)((part.Data.FirstElement(block) + start) / TensorDigest.UnitElements);
            int end = (int)nint.Min(start + TensorDigest.UnitElements, run.Count);
            if (_candidates?.Value is { } candidates)
            {
                Collect(candidates, part, unit, run, block, start, end, worker);
            }
            else
            {
                Count(_selection, part, unit, run, block, start, end, worker);
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

        long k = _k ??= _statistic.Kept(_elements, _elements - _zeros);
        CandidateSelection? candidates = _candidates?.Value;
        _candidates = null;
        if (candidates is not null)
        {
            _ = k > 0 && candidates.TrySelect(k, _selection, Counts(worker));
            _context.Arena.Return((byte*)_kept, sizeof(float) * _mostKept);
        }
        else if (k > 0)
        {
            _selection.EndPass(k);
        }

        if (k == 0)
        {
            End(_none);
        }
        else if (_selection.Pass >= 3)
        {
            End(_selection.Pass == 3 ? FindTie(_selection, worker) : _selection.Cut);
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

    private void End(MagnitudeCut cut)
    {
        _cut = cut;
        if (_selection is not null)
        {
            _context.ReturnSelection(_selection);
            _selection = null;
        }
    }

    // Looks for the edge in its unit, and tells it as an element of all parts together.
    private MagnitudeCut FindTie(MagnitudeSelection selection, BlockWorker worker)
    {
        MeasuredPart part = _parts.Last(part => part.Units > 0 && part.FirstUnit <= selection.TieUnit);
        long first = (long)(selection.TieUnit - part.FirstUnit) * TensorDigest.UnitElements;
        int block = part.Data.BlockOf(first);
        KernelRun run = part.Data.Load(block, worker);
        int start = (int)(first - part.Data.FirstElement(block));
        selection.FindTie(_readers[part].Read(run, block, start, Math.Min(TensorDigest.UnitElements, (int)run.Count - start), worker));
        long before = _parts.TakeWhile(other => other != part).Sum(other => other.Data.ElementCount);
        return selection.Cut with { TieEnd = selection.Cut.TieEnd + before + first };
    }

    // Without room or a sample, the selection takes more passes.
    private CandidateSelection? PrepareCandidates()
    {
        _kept = (float*)_context.Arena.TryTake(sizeof(float) * _mostKept);
        if (_kept is null)
        {
            return null;
        }

        if (MagnitudeSample.Bracket([.. _parts.Select(part => (part, _readers[part]))], _statistic) is { } bracket)
        {
            return new CandidateSelection(bracket, _units, _kept, _mostKept);
        }

        _context.Arena.Return((byte*)_kept, sizeof(float) * _mostKept);
        return null;
    }

    private void Collect(
        CandidateSelection candidates, MeasuredPart part, int unit, in KernelRun run, int block, int start, int end, BlockWorker worker)
    {
        OperandReader reader = _readers[part];
        int most = TensorDigest.UnitElements + CandidateSelection.Slack;
        Span<float> kept = new(worker.Buffer(BufferUse.Kept, 0, sizeof(float) * (long)most), most);
        int within = 0;
        int above = 0;
        for (int cell = start; cell < end; cell += Cell)
        {
            Span<float> values = reader.Read(run, block, cell, Math.Min(Cell, end - cell), worker);
            within += candidates.Collect(values, kept[within..], out int aboveCell);
            above += aboveCell;
            CountZeros(values);
        }

        candidates.Add(unit, kept[..within], above);
    }

    private void Count(MagnitudeSelection selection, MeasuredPart part, int unit, in KernelRun run, int block, int start, int end,
        BlockWorker worker)
    {
        OperandReader reader = _readers[part];
        Span<uint> counts = Counts(worker);
        for (int cell = start; cell < end; cell += Cell)
        {
            Span<float> values = reader.Read(run, block, cell, Math.Min(Cell, end - cell), worker);
            CountZeros(values);
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

    // In the first pass, if how many are kept depends on it.
    private void CountZeros(ReadOnlySpan<float> values)
    {
        if (_k is null)
        {
            Interlocked.Add(ref _zeros, MagnitudeSelection.CountZeros(values));
        }
    }

    private static Span<uint> Counts(BlockWorker worker) =>
        new(worker.Buffer(BufferUse.Counts, 0, sizeof(uint) * (long)MagnitudeSelection.Bins), MagnitudeSelection.Bins);
}
