using MergeHost.Running.Data;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Finds out how a statistic is measured.</summary>
internal static class MeasurementFactory
{
    /// <param name="parts">The tensors, at least one, that ask for the same statistic.</param>
    public static Measurement Create(IReadOnlyList<MeasuredPart> parts, RunContext context) => parts[0].Statistic switch
    {
        SumStatistic => new SumMeasurement(parts, context),
        RowStatistic => new RowMeasurement(parts[0]),
        RunStatistic => new RunMeasurement(parts[0]),
        TopKStatistic => new TopKMeasurement(parts, context),
        { } other => throw new InvalidOperationException($"no way to measure {other.GetType().Name}"),
    };
}
