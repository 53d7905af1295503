using MergeHost.Checkpoints;

namespace MergeHost.Packings;

/// <summary>A transform through which checkpoints can also be written: it wraps the writer of a format as it wraps a reader.</summary>
/// <remarks>A recipe asks for it by <c>output: {packing: NAME}</c>, with one of
/// <see cref="CheckpointTransformAttribute.Packings"/>.</remarks>
public interface IWritableCheckpointTransform : ICheckpointTransform
{
    /// <summary>Decides when planning how each tensor is stored; headers and companions are read, data is not.</summary>
    /// <param name="request">What is to be stored, and what it is made from.</param>
    /// <exception cref="CheckpointException">It cannot be stored so.</exception>
    PackedCheckpoint Pack(PackingRequest request);
}
