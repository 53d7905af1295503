using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Numbers of each row, in one pass.</summary>
internal sealed class RowMeasurement(MeasuredPart tensor) : Measurement
{
    private readonly RowStatistic _statistic = (RowStatistic)tensor.Statistic;
    private readonly double[] _results = new double[RowCount(tensor.Data) * ((RowStatistic)tensor.Statistic).Results];
    private bool _isDone;

    public override bool IsDone => _isDone;

    public override void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker)
    {
        int length = (int)part.Data.RowLength;
        long first = part.Data.FirstElement(block) / length;
        for (int row = 0; row < run.Count / length; row++)
        {
            Span<double> results = _results.AsSpan((int)(first + row) * _statistic.Results, _statistic.Results);
            _statistic.Function(part.Data.Elements(run, row * length, length, worker), results);
        }
    }

    public override void EndPass(BlockWorker worker) => _isDone = true;

    public override object ResultFor(MeasuredPart part) => _results;

    private static long RowCount(TensorData data) => data.ElementCount == 0 ? 0 : data.ElementCount / data.RowLength;
}
