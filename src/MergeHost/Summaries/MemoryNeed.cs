using MergeHost.Plans;
using MergeHost.Running;
using MergeHost.Running.Building;
using MergeHost.Running.Data;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Summaries;

/// <summary>Estimates the memory that a stage takes.</summary>
internal static class MemoryNeed
{
    private const long Program = 64L << 20;

    public static long Of(StagePlan stage, MergeOptions options)
    {
        long block = stage.Tensors.Max(tensor =>
            (tensor.Treatment is JoinTreatment or MakeTreatment
                ? 3L
                : tensor.Inputs.Count() + 1L) * Math.Min(TensorData.BlockElementsFor(tensor, options.BlockElements),
                    tensor.Output.ElementCount)) * sizeof(float);
        long staged = stage.Tensors.Where(tensor => tensor.Treatment is MeasureTreatment)
            .Select(tensor => tensor.ReadBytes)
            .OrderDescending().Where(bytes => bytes <= options.TensorBytes).Take(2 * options.Threads).Sum();
        long made = stage.Tensors.Where(tensor => tensor.Treatment is MakeTreatment).GroupBy(tensor => (MakeTreatment)tensor.Treatment)
            .Select(group => MakeTask.Needed(group, group.Key)).DefaultIfEmpty().Max();
        long scored = stage.Selection is null ? 0 : stage.Selection.Pairs.Select(ScoreTask.Needed).DefaultIfEmpty().Max();
        return Program + Math.Max(scored,
            (options.Threads * block) + Math.Min(staged, options.TensorBytes) + Math.Max(made, stage.Tensors.Max(SteppedTask.Needed)));
    }
}
