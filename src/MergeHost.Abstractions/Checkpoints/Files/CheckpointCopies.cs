namespace MergeHost.Checkpoints;

/// <summary>Where a store keeps copies of a checkpoint's files.</summary>
/// <param name="Folder">The folder in which a file that was fetched has its name.</param>
/// <param name="FreeBytes">How much room there is.</param>
/// <param name="BytesPerSecond">How fast files came so far; 0 if that is not known yet.</param>
public sealed record CheckpointCopies(string Folder, long FreeBytes, double BytesPerSecond);
