using System.Collections.Concurrent;
using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>One commit of a repository: its files, those in the cache among them.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
internal sealed class HubRepository
{
    private const int MostDownloads = 4;

    private readonly HubConnection _hub;
    private readonly HubCache _cache;
    private readonly string _revision;
    private readonly Lazy<bool> _begun;
    private HubRevision? _known;

    private HubRepository(HubConnection hub, HubCache cache, HubName name, string commit, HubRevision? known, IReadOnlyList<HubEntry> files)
    {
        _hub = hub;
        _cache = cache;
        _revision = name.Revision;
        _known = known;
        Id = name.Id;
        Commit = commit;
        Files = files;
        _begun = new Lazy<bool>(() =>
        {
            _cache.Begin(_revision, Commit, Files);
            return true;
        });
    }

    /// <summary>The repository.</summary>
    public HubId Id { get; }

    /// <summary>The repository's id, for messages.</summary>
    public string Name => Id.Name;

    /// <summary>The commit, which never changes.</summary>
    public string Commit { get; }

    /// <summary>All files in ordinal order, of unsafe names too.</summary>
    public IReadOnlyList<HubEntry> Files { get; }

    /// <summary>Finds what a revision is now, without a request if it is a commit whose listing the cache has, or offline.</summary>
    /// <exception cref="HubException">It is not there, or the hub does not tell.</exception>
    public static HubRepository Open(HubConnection hub, HubName name, CancellationToken cancellation)
    {
        HubCache cache = new(hub.Settings, name.Id);
        if (hub.Settings.IsOffline)
        {
            return cache.CommitOf(name.Revision) is { } cached && Directory.Exists(cache.Snapshot(cached))
                ? new HubRepository(hub, cache, name, cached, null, cache.Listing(cached) ?? cache.Present(cached))
                : throw new HubException(HubFault.Offline, $"{name.Repository}@{name.Revision}",
                    "the cache does not have it, and the hub may not be asked (offline)",
                    "Unset HF_HUB_OFFLINE, so that the hub is asked.");
        }

        HubRevision? known = HubName.IsCommit(name.Revision) ? null : HubListing.RevisionOf(hub, name.Id, name.Revision, cancellation);
        string commit = known?.Commit ?? name.Revision;
        return new HubRepository(hub, cache, name, commit, known,
            cache.Listing(commit) ?? HubListing.FilesOf(hub, name.Id, commit, cancellation));
    }

    /// <summary>The names of a repository's branches and tags; offline, of those that the cache knows.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public static IReadOnlyList<string> RevisionsOf(HubConnection hub, HubId repository, CancellationToken cancellation) =>
        hub.Settings.IsOffline
            ? new HubCache(hub.Settings, repository).Revisions
            : HubListing.RevisionsOf(hub, repository, cancellation);

    /// <summary>What is known of files' beginnings, so that it need not be fetched again.</summary>
    public ConcurrentDictionary<HubEntry, byte[]> Heads { get; } = [];

    /// <summary>What the hub says of the commit; asked for where it is not known yet, and <see langword="null"/> offline.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public HubRevision? Ask(CancellationToken cancellation) =>
        _known ??= _hub.Settings.IsOffline ? null : HubListing.RevisionOf(_hub, Id, Commit, cancellation);

    /// <summary>How fast the hub's files came so far; 0 while too little came to tell.</summary>
    public double BytesPerSecond => _hub.BytesPerSecond;

    /// <summary>The folder in the cache that holds the commit's files.</summary>
    public string Snapshot => _cache.Snapshot(Commit);

    /// <summary>How many bytes the cache has room for.</summary>
    /// <exception cref="HubException">The cache's folder cannot be looked at.</exception>
    public long FreeBytes => HubCache.Guard(() => new DriveInfo(NearestFolder(_hub.Settings.CacheFolder)).AvailableFreeSpace);

    /// <summary>The path of a file in the cache, or <see langword="null"/> if it is not there.</summary>
    public string? Cached(HubEntry file) => _cache.Find(Commit, file.Path);

    /// <summary>A file on the hub.</summary>
    public RemoteFile Remote(HubEntry file) => new(_hub, Id, Commit, file);

    /// <summary>Puts files into the cache, and compares those that are there with their digests.</summary>
    /// <param name="files">Some of <see cref="Files"/>.</param>
    /// <param name="progress">Told of the bytes of all files that are there by now, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what came is kept for the next time.</param>
    /// <exception cref="HubException">A file does not come, is another one, or cannot be written.</exception>
    public void Download(IReadOnlyList<HubEntry> files, Action<long>? progress, CancellationToken cancellation)
    {
        if (HubPath.FirstUnsafe(files.Select(file => file.Path)) is { } name)
        {
            throw new HubException(HubFault.UnsafeName, Name,
                $"the file name '{CheckpointException.Printable(name)}' must not become a path, or is the same as another on some systems",
                "Name another revision, or tell the model's author.");
        }

        HubEntry[] missing = [.. files.Where(file => Cached(file) is null)];
        CheckRoom(missing.Sum(file => file.LengthBytes));
        long done = 0;
        try
        {
            Parallel.ForEach(files, new ParallelOptions { MaxDegreeOfParallelism = MostDownloads, CancellationToken = cancellation },
                file =>
                {
                    if (Cached(file) is { } path)
                    {
                        HubCache.Verify(path, file, cancellation);
                    }
                    else
                    {
                        long counted = Add(file, progress is null ? null : bytes => progress(Interlocked.Add(ref done, bytes)),
                            cancellation);
                        Interlocked.Add(ref done, -counted);
                    }

                    progress?.Invoke(Interlocked.Add(ref done, file.LengthBytes));
                });
        }
        catch (AggregateException exception)
        {
            throw exception.InnerExceptions.OfType<HubException>().FirstOrDefault() ?? exception.InnerExceptions[0];
        }
    }

    /// <summary>Puts a file into the cache.</summary>
    /// <param name="file">One of <see cref="Files"/>, of a safe name.</param>
    /// <param name="fetched">Told of bytes that came.</param>
    /// <param name="cancellation">Asks to stop; what came is kept for the next time.</param>
    /// <returns>How many bytes came.</returns>
    public long Add(HubEntry file, Action<long>? fetched, CancellationToken cancellation)
    {
        if (_hub.Settings.IsOffline)
        {
            throw new HubException(HubFault.Offline, $"{Name}/{file.Path}",
                "the cache does not have the file, and the hub may not be asked (offline)",
                "Unset HF_HUB_OFFLINE, so that the hub is asked.");
        }

        long count = 0;
        _ = _begun.Value;
        try
        {
            _cache.Add(Commit, file, (start, take) =>
            {
                if (start == 0 && Heads.TryGetValue(file, out byte[]? head))
                {
                    take(head);
                    start = head.Length;
                }

                Remote(file).Read(start, file.LengthBytes - start, bytes =>
                {
                    take(bytes);
                    count += bytes.Length;
                    fetched?.Invoke(bytes.Length);
                }, cancellation);
            }, cancellation);
        }
        catch (HubException exception) when (exception.Fault == HubFault.Damaged)
        {
            throw new HubException(HubFault.Damaged, $"{Name}/{file.Path}", exception.Message[(file.Path.Length + 2)..], exception.Hint,
                exception);
        }

        return count;
    }

    private void CheckRoom(long neededBytes)
    {
        if (neededBytes == 0)
        {
            return; // All is there, in a cache that may be for reading only.
        }

        long freeBytes = FreeBytes;
        if (neededBytes > freeBytes)
        {
            throw new HubException(HubFault.Cache, _hub.Settings.CacheFolder, string.Create(CultureInfo.InvariantCulture,
                $"{Name} needs {neededBytes:N0} bytes more, the disk has {freeBytes:N0}"),
                    "Make room, or name another folder by HF_HUB_CACHE.");
        }
    }

    // What is to be made lies on the disk of what it is made in.
    private static string NearestFolder(string folder) =>
        Directory.Exists(folder) ? folder : NearestFolder(Path.GetDirectoryName(folder) ?? "/");
}
