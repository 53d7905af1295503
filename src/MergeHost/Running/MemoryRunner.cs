using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Selecting;

namespace MergeHost.Running;

/// <summary>Carries out plans without writing: what <see cref="MergeRunner"/> would write, bit for bit.</summary>
/// <param name="plan">A plan without errors.</param>
/// <param name="output">The folder that it was planned for; it need not be there.</param>
/// <param name="host">Creates what the plan uses.</param>
/// <param name="options">How it is carried out.</param>
internal sealed class MemoryRunner(MergePlan plan, string output, PluginHost host, MergeOptions options)
{
    /// <summary>Runs every stage.</summary>
    /// <returns>The result of the last; the caller disposes it.</returns>
    /// <exception cref="MergeHostException">An input cannot be read, or a strategy fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ICheckpointReader Run(CancellationToken cancellation)
    {
        Dictionary<string, MemoryCheckpoint> made = [];
        try
        {
            foreach (StagePlan stage in plan.Stages)
            {
                string folder = stage == plan.Stages[^1] ? output : plan.Output.OfStage(stage.Stage.Name!).Folder;
                MemoryCheckpoint memory = new(stage.Layout);
                made.Add(Path.GetFullPath(folder), memory);
                StagePlan chosen = SelectionRunner.Choose(stage, options, Open, progress: null, cancellation);
                new StageRunner(chosen, host, options, cancellation).RunInMemory(memory, Open, progress: null);
            }

            made.Remove(Path.GetFullPath(output), out MemoryCheckpoint? last);
            return plan.Stages[^1].Packed is { } packed ? packed.Unwrap(last!) : last!;
        }
        finally
        {
            foreach (MemoryCheckpoint memory in made.Values)
            {
                memory.Dispose();
            }
        }

        ICheckpointReader Open(InputModel model) =>
            made.TryGetValue(model.Path, out MemoryCheckpoint? earlier) ? model.Derive(earlier) : model.Open();
    }
}
