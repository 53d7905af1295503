namespace MergeHost;

/// <summary>How far a merge is.</summary>
/// <param name="Stage">The stage that is running, or <see langword="null"/> for one without a name.</param>
/// <param name="DoneBytes">What has been read and written, each tensor counted once.</param>
/// <param name="TotalBytes">What will have been, at the end of the stage.</param>
/// <param name="DoneTensors">How many tensors are done.</param>
/// <param name="TotalTensors">How many there are.</param>
public readonly record struct MergeProgress(string? Stage, long DoneBytes, long TotalBytes, int DoneTensors, int TotalTensors);
