namespace MergeHost.Checkpoints;

/// <summary>One of the files that hold a checkpoint's tensors.</summary>
/// <param name="File">Its name, within the folder.</param>
/// <param name="Tensors">What it holds.</param>
public sealed record CheckpointShard(string File, IReadOnlyList<TensorInfo> Tensors);
