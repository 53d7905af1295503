using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Evaluation.Measuring;

/// <summary>What is measured: a checkpoint, or a merge that is made when it is first needed.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Merge">What tells a merge from others; <see langword="null"/> for a checkpoint.</param>
/// <param name="Open">Opens the checkpoint, or makes the merge in memory; the caller disposes it.</param>
internal sealed record Subject(string Name, string? Merge, Func<ICheckpointReader> Open)
{
    /// <summary>A model that stays open for others.</summary>
    public static Subject Of(string name, InputModel model) => new(name, null, () => new LentCheckpoint(model.Open()));
}
