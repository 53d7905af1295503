using MergeHost.Plans;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Measures the statistics that are taken over the whole model, before any tensor is made.</summary>
internal sealed class ModelStatistics(RunContext context, BlockScheduler scheduler)
{
    /// <summary>Measures what tensors ask for.</summary>
    /// <param name="tensors">All tensors of the stage.</param>
    /// <returns>The result for each statistic that is taken over the model.</returns>
    public IReadOnlyDictionary<Statistic, object> Measure(IReadOnlyList<TensorPlan> tensors)
    {
        Dictionary<TensorPlan, TensorData> data = [];
        Dictionary<object, List<MeasuredPart>> groups = [];
        foreach (TensorPlan plan in tensors.OrderBy(plan => plan.Output.Name, StringComparer.Ordinal))
        {
            foreach ((object key, Statistic statistic) in Asked(plan))
            {
                data.TryAdd(plan, new TensorData(plan, context));
                if (!groups.TryGetValue(key, out List<MeasuredPart>? parts))
                {
                    groups.Add(key, parts = []);
                }

                int firstUnit = parts.Count == 0 ? 0 : parts[^1].FirstUnit + parts[^1].Units;
                parts.Add(new MeasuredPart(plan.Output.Name, data[plan], statistic, firstUnit));
            }
        }

        List<(Measurement Measurement, List<MeasuredPart> Parts)> measurements = [.. groups.Values.Select(parts => (MeasurementFactory.Create(parts, context), parts))];
        while (measurements.Exists(pair => !pair.Measurement.IsDone))
        {
            RunPass([.. measurements.Where(pair => !pair.Measurement.IsDone)]);
        }

        return measurements.SelectMany(pair => pair.Parts, (pair, part) => (part.Statistic, pair.Measurement.ResultFor(part)))
            .ToDictionary(pair => pair.Statistic, pair => pair.Item2);
    }

    // What a tensor's strategy asks of the model; equal keys of different tensors are one question.
    private static IEnumerable<(object Key, Statistic Statistic)> Asked(TensorPlan plan)
    {
        IEnumerable<Statistic> statistics = (plan.Treatment as MeasureTreatment)?.Statistics.Where(statistic => statistic.Scope == StatisticScope.Model) ?? [];
        return statistics.Select((statistic, index) => statistic is TopKStatistic topK
            ? ((object)topK.Operand, statistic)
            : ((statistic.GetType(), index), statistic));
    }

    private void RunPass(List<(Measurement Measurement, List<MeasuredPart> Parts)> due)
    {
        IEnumerable<PassTask> tasks = due.SelectMany(pair => pair.Parts, (pair, part) => (pair.Measurement, part))
            .GroupBy(pair => pair.part.Data)
            .Select(tensor => new PassTask(new MeasurePhase(tensor.Key, [.. tensor])));
        scheduler.Run(tasks, _ => { });
        using BlockWorker worker = new();
        due.ForEach(pair => pair.Measurement.EndPass(worker));
    }

    private sealed class PassTask(ITensorPhase pass) : IBlockTask
    {
        public ITensorPhase? Phase { get; private set; }

        public long NeededBytes => 0;

        public void Begin() => Phase = pass;

        public void Advance(BlockWorker worker) => Phase = null;
    }
}
