using MergeHost.Plans;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>Measures the statistics that are taken over the whole model, before any tensor is made.</summary>
internal sealed class ModelStatistics
{
    private readonly BlockScheduler _scheduler;
    private readonly List<(Measurement Measurement, List<MeasuredPart> Parts)> _questions;

    /// <param name="tensors">All tensors of the stage.</param>
    /// <param name="context">Has the open models.</param>
    /// <param name="scheduler">Runs the passes.</param>
    public ModelStatistics(IReadOnlyList<TensorPlan> tensors, RunContext context, BlockScheduler scheduler)
    {
        _scheduler = scheduler;
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

        _questions = [.. groups.Values.Select(parts => (MeasurementFactory.Create(parts, context), parts))];
    }

    /// <summary>How many statistics are taken over the model; they are numbered from 0, in the same way on every machine.</summary>
    public int Count => _questions.Count;

    /// <summary>Whether tensors ask for statistics over the model.</summary>
    public static bool AreAsked(IEnumerable<TensorPlan> tensors) => tensors.Any(tensor => Asked(tensor).Any());

    /// <summary>Takes over what an earlier run found.</summary>
    public void Know(int question, MeasuredResult result) => _questions[question].Measurement.Result = result;

    /// <summary>Measures some of the statistics, those that are not known.</summary>
    /// <returns>The results, in the order of the questions.</returns>
    public IReadOnlyList<MeasuredResult> Measure(IEnumerable<int> questions)
    {
        List<(Measurement Measurement, List<MeasuredPart> Parts)> asked = [.. questions.Select(question => _questions[question])];
        while (asked.Exists(pair => !pair.Measurement.IsDone))
        {
            RunPass([.. asked.Where(pair => !pair.Measurement.IsDone)]);
        }

        return [.. asked.Select(pair => pair.Measurement.Result)];
    }

    /// <summary>The result for each statistic of each tensor, once all are known or measured.</summary>
    public IReadOnlyDictionary<Statistic, object> Results => _questions
        .SelectMany(pair => pair.Parts, (pair, part) => (part.Statistic, pair.Measurement.ResultFor(part)))
        .ToDictionary(pair => pair.Statistic, pair => pair.Item2);

    // What a tensor's strategy asks of the model; equal keys of different tensors are one question.
    private static IEnumerable<(object Key, Statistic Statistic)> Asked(TensorPlan plan)
    {
        IEnumerable<Statistic> statistics = (plan.Treatment as MeasureTreatment)?.Statistics
            .Where(statistic => statistic.Scope == StatisticScope.Model) ?? [];
        return statistics.Select((statistic, index) => statistic is TopKStatistic topK
            ? ((object)topK.Operand, statistic)
            : ((statistic.GetType(), index), statistic));
    }

    private void RunPass(List<(Measurement Measurement, List<MeasuredPart> Parts)> due)
    {
        IEnumerable<PassTask> tasks = due.SelectMany(pair => pair.Parts, (pair, part) => (pair.Measurement, part))
            .GroupBy(pair => pair.part.Data)
            .Select(tensor => new PassTask(new MeasurePhase(tensor.Key, [.. tensor])));
        _scheduler.Run(tasks, _ => { });
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
