using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Sums in float64 by plain code: in units of 65,536, whose totals are then added in order.</summary>
internal sealed class RunMeasurement(MeasuredPart tensor) : Measurement
{
    private readonly RunStatistic _statistic = (RunStatistic)tensor.Statistic;
    private readonly double[][] _units = new double[tensor.Units][];
    private double[]? _totals;

    public override bool IsDone => _totals is not null;

    public override void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker)
    {
        double[] results = new double[_statistic.Results];
        for (int start = 0; start < run.Count; start += TensorDigest.UnitElements)
        {
            double[] totals = new double[_statistic.Results];
            int end = (int)nint.Min(start + TensorDigest.UnitElements, run.Count);
            for (int first = start; first < end; first += RunStatistic.Length)
            {
                results.AsSpan().Clear();
                _statistic.Function(part.Data.Elements(run, first, Math.Min(RunStatistic.Length, end - first), worker), results);
                Add(results, totals);
            }

            _units[(int)((part.Data.FirstElement(block) + start) / TensorDigest.UnitElements)] = totals;
        }
    }

    public override void EndPass(BlockWorker worker)
    {
        double[] totals = new double[_statistic.Results];
        Array.ForEach(_units, unit => Add(unit, totals));
        _totals = totals;
    }

    public override object ResultFor(MeasuredPart part) => _totals!;

    private static void Add(double[] numbers, double[] totals)
    {
        for (int i = 0; i < totals.Length; i++)
        {
            totals[i] += numbers[i];
        }
    }
}
