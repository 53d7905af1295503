using MergeHost.Checkpoints;

namespace MergeHost.Packings;

/// <summary>A checkpoint that gives packed weights as plain ones, and tells what they are packed in.</summary>
public interface IUnpackedCheckpoint : ICheckpointReader
{
    /// <summary>The checkpoint as it is stored; lives as long as this one.</summary>
    ICheckpointReader Packed { get; }

    /// <summary>What is to be said where the checkpoint is merged with others; <see langword="null"/> if nothing is.</summary>
    string? Caution { get; }

    /// <summary>The tensors of <see cref="Packed"/> that a weight is stored in, its codes first.</summary>
    /// <param name="tensor">The name of the plain weight.</param>
    /// <returns>Nothing for a tensor that is not packed.</returns>
    IReadOnlyList<TensorInfo> PartsOf(string tensor);
}
