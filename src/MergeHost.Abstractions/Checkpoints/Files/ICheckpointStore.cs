namespace MergeHost.Checkpoints;

/// <summary>A place from which checkpoints are read by name, such as a hub that is read by ranges.</summary>
/// <remarks>
/// Local files and folders are built in and go before every store. Which names a store is asked for, it says by
/// <see cref="CheckpointStoreAttribute.Names"/>. The host creates one instance and calls it from any thread; disposing the host
/// disposes it, if it is <see cref="IDisposable"/>.
/// </remarks>
public interface ICheckpointStore
{
    /// <summary>Finds the files of a checkpoint; no file is opened yet.</summary>
    /// <param name="name">The name as a recipe or the command line has it.</param>
    /// <returns>The files, or <see langword="null"/> if the store has nothing of that name.</returns>
    /// <exception cref="CheckpointException">The store cannot be reached, or refuses.</exception>
    CheckpointFiles? Find(string name);

    /// <summary>Lists checkpoints of a training run; none by default, where names cannot be listed.</summary>
    /// <param name="pattern">A name with <c>*</c> in place of a training step, and perhaps of other numbers.</param>
    /// <returns>Names for <see cref="Find"/> that may fit; which of them do, the host decides.</returns>
    /// <exception cref="CheckpointException">The store cannot be reached, or refuses.</exception>
    IReadOnlyList<string> List(string pattern) => [];
}
