namespace MergeHost.Checkpoints;

/// <summary>A run of bytes of a file that belongs to a tensor.</summary>
/// <param name="Path">One of <see cref="ICheckpointReader.WeightFiles"/>.</param>
/// <param name="OffsetBytes">Where it begins.</param>
/// <param name="LengthBytes">How long it is.</param>
public sealed record TensorRange(string Path, long OffsetBytes, long LengthBytes);
