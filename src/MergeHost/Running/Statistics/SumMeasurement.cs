using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Sums over elements: in units of 65,536, whose totals are then added in order.</summary>
internal sealed class SumMeasurement : Measurement
{
    private readonly Dictionary<MeasuredPart, (ReduceFunction Function, KernelFeed Feed)> _parts;
    private readonly double[][] _units;
    private readonly int _terms;
    private double[]? _totals;

    public SumMeasurement(IReadOnlyList<MeasuredPart> parts, RunContext context)
    {
        _terms = ((SumStatistic)parts[0].Statistic).Terms;
        _units = new double[parts.Sum(part => part.Units)][];
        _parts = parts.ToDictionary(part => part, part =>
        {
            SumStatistic statistic = (SumStatistic)part.Statistic;
            ReduceFunction function = ReduceLoop.Bind(statistic, context.Options.Lanes, part.Data.Format);
            return (function, new KernelFeed(statistic.Parameters, context.Options, part.Tensor, part.Data));
        });
    }

    public override bool IsDone => _totals is not null;

    public override MeasuredResult Result
    {
        get => new(_totals, 0, 0);
        set => _totals = [.. value.Sums ?? []];
    }

    public override void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker)
    {
        (ReduceFunction function, KernelFeed feed) = _parts[part];
        long first = part.Data.FirstElement(block);
        for (int start = 0; start < run.Count; start += TensorDigest.UnitElements)
        {
            double[] totals = new double[_terms];
            KernelRun unit = run with { Start = start, Count = nint.Min(TensorDigest.UnitElements, run.Count - start) };
            feed.ForEach(unit, first, worker, stretch => function(stretch, totals));
            _units[part.FirstUnit + (int)((first + start) / TensorDigest.UnitElements)] = totals;
        }
    }

    public override void EndPass(BlockWorker worker)
    {
        double[] totals = new double[_terms];
        foreach (double[] unit in _units)
        {
            for (int term = 0; term < _terms; term++)
            {
                totals[term] += unit[term];
            }
        }

        _totals = totals;
    }

    public override object ResultFor(MeasuredPart part) => _totals!;
}
