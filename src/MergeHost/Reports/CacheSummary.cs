using MergeHost.Stores;

namespace MergeHost.Reports;

/// <summary>The copies that stores keep on this machine.</summary>
/// <param name="Folders">Where they are.</param>
/// <param name="Checkpoints">Each revision.</param>
public sealed record CacheSummary(IReadOnlyList<string> Folders, IReadOnlyList<CachedCheckpoint> Checkpoints);
