namespace MergeHost.Checkpoints;

/// <summary>What a transform may ask of the host.</summary>
/// <param name="open">Opens a checkpoint by name.</param>
public sealed class TransformContext(Func<string, ICheckpointReader> open)
{
    /// <summary>
    /// The checkpoint as it was before the same transform was applied to it for the first time, as the base is for the second adapter of
    /// <c>base+a+b</c>; <see langword="null"/> if this is the first time. Its data may be read when that of the checkpoint may, and nobody
    /// disposes it.
    /// </summary>
    public ICheckpointReader? Original { get; init; }

    /// <summary>Opens another checkpoint, such as an adapter.</summary>
    /// <remarks>It is opened as a model of the recipe is. Its files are watched, and its
    /// headers are part of the result's identity.</remarks>
    /// <param name="name">Its name as recipes have it: a path starts at the current folder, and then at the recipe's.</param>
    /// <returns>A reader that stays open as long as the result; the host disposes it.</returns>
    /// <exception cref="MergeHostException">It is not there, or cannot be opened.</exception>
    public ICheckpointReader Open(string name) => open(name);
}
