using MergeHost.Checkpoints;

namespace MergeHost.Evaluation;

/// <summary>What is measured: a checkpoint, or a merge that is made when it is first needed.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Merge">What tells a merge from others; <see langword="null"/> for a checkpoint.</param>
/// <param name="Open">Opens the checkpoint, or makes the merge in memory.</param>
internal sealed record Subject(string Name, string? Merge, Func<ICheckpointReader> Open);
