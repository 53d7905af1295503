namespace MergeHost.Reports;

/// <summary>What a download brought to this machine.</summary>
/// <param name="Address">The checkpoint, in the revision that it was.</param>
/// <param name="Folder">Where its files are.</param>
/// <param name="Files">Their names.</param>
/// <param name="FetchedBytes">How many bytes of them had to be fetched.</param>
public sealed record DownloadSummary(string Address, string Folder, IReadOnlyList<string> Files, long FetchedBytes);
