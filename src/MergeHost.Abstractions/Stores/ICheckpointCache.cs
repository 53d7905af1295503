using MergeHost.Checkpoints;

namespace MergeHost.Stores;

/// <summary>The copies that a store keeps on this machine, which other programs may use and fill too.</summary>
/// <remarks>The class of an <see cref="ICheckpointStore"/> implements it besides. Names that it is
/// given are those that the store finds.</remarks>
public interface ICheckpointCache
{
    /// <summary>The folder, which may not exist yet.</summary>
    string Folder { get; }

    /// <summary>Lists what is there, by name and commit.</summary>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    IReadOnlyList<CachedCheckpoint> List();

    /// <summary>Removes what nobody needs: unfinished downloads that no program is at, files that
    /// no revision has, and what is named.</summary>
    /// <param name="names">Checkpoints to remove whole, or in one revision; none to remove only what nobody needs.</param>
    /// <param name="detached">Whether revisions go that no branch or tag is any more; commits that
    /// were asked for by their number are such.</param>
    /// <param name="isTrial">Whether nothing is removed, and what would be is only told.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="CheckpointException">A name is not in the cache, or something cannot be removed.</exception>
    IReadOnlyList<RemovedCopy> Prune(IReadOnlyList<string> names, bool detached, bool isTrial);

    /// <summary>Compares files with their digests.</summary>
    /// <param name="names">The checkpoints; none for all.</param>
    /// <param name="progress">Told how many bytes were compared, of how many.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The files that are not what their names say.</returns>
    /// <exception cref="CheckpointException">A name is not in the cache, or a file cannot be read.</exception>
    IReadOnlyList<DamagedCopy> Verify(IReadOnlyList<string> names, IProgress<TransferProgress>? progress, CancellationToken cancellation);

    /// <summary>Removes damaged files, so that they are fetched again.</summary>
    /// <exception cref="CheckpointException">One cannot be removed.</exception>
    void Remove(IReadOnlyList<DamagedCopy> damaged);
}

/// <summary>One revision of a checkpoint in a cache.</summary>
/// <param name="Name">The checkpoint, as the store finds it.</param>
/// <param name="Commit">The revision, which never changes.</param>
/// <param name="References">The branches and tags that it was when they were last asked for.</param>
/// <param name="FileCount">How many of its files are there.</param>
/// <param name="MissingCount">How many are not, as far as that is known.</param>
/// <param name="LengthBytes">The length of the files that are there; revisions may share some.</param>
/// <param name="Used">When a file was last written or, where the disk notes that, read.</param>
public sealed record CachedCheckpoint(
    string Name, string Commit, IReadOnlyList<string> References, int FileCount, int MissingCount, long LengthBytes, DateTimeOffset Used);

/// <summary>Something that was removed from a cache.</summary>
/// <param name="What">What it was, in words.</param>
/// <param name="LengthBytes">How much room it took.</param>
public sealed record RemovedCopy(string What, long LengthBytes);

/// <summary>A file of a cache that is not what its name says.</summary>
/// <param name="Name">Its checkpoint and its path in it.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Reason">In what it differs.</param>
public sealed record DamagedCopy(string Name, string Path, string Reason);

/// <summary>How far files have been brought from one place to another, or read for it.</summary>
/// <param name="DoneBytes">What is done.</param>
/// <param name="TotalBytes">What will be.</param>
public readonly record struct TransferProgress(long DoneBytes, long TotalBytes);
