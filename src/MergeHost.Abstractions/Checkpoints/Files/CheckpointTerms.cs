namespace MergeHost.Checkpoints;

/// <summary>Under which terms the files of a checkpoint may be had.</summary>
/// <param name="License">The licence, as its author names it, or <see langword="null"/> if none is named.</param>
/// <param name="Access">How access is limited, or <see langword="null"/> for what everyone may read.</param>
public sealed record CheckpointTerms(string? License, string? Access);
