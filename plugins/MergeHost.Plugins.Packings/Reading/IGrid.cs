using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>A matrix of numbers that belong to groups of weights: scales, zero points.</summary>
internal interface IGrid
{
    /// <summary>Reads a rectangle.</summary>
    /// <param name="checkpoint">Holds the tensors.</param>
    /// <param name="block">The rectangle.</param>
    /// <param name="numbers">Filled wholly, row by row.</param>
    /// <exception cref="CheckpointException">A number is NaN or infinite.</exception>
    void Read(ICheckpointReader checkpoint, Block block, Span<float> numbers);
}
