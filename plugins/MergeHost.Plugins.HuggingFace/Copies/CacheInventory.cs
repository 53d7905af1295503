using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Stores;

namespace MergeHost.Plugins.HuggingFace.Copies;

/// <summary>Lists, checks and tidies the cache that programs for the hub share.</summary>
internal sealed class CacheInventory(HubSettings settings)
{
    /// <inheritdoc cref="ICheckpointCache.List"/>
    public IReadOnlyList<CachedCheckpoint> List() =>
        HubCache.Guard(() => Repositories().SelectMany(repository => repository.Commits.Select(commit => Describe(repository, commit)))
            .ToList());

    /// <inheritdoc cref="ICheckpointCache.Prune"/>
    public IReadOnlyList<RemovedCopy> Prune(IReadOnlyList<string> names, bool detached, bool isTrial) => HubCache.Guard(() =>
    {
        List<RemovedCopy> removed = [];
        foreach (IGrouping<HubId, (CachedRepository Repository, string? Commit)> named in names.Select(Find).ToList()
            .GroupBy(found => found.Repository.Id))
        {
            CachedRepository repository = named.First().Repository;
            if (named.Any(found => found.Commit is null))
            {
                removed.Add(new RemovedCopy($"{repository.Id.Scheme}{repository.Id}", repository.LengthBytes));
                Unless(isTrial, repository.Delete);
            }
            else
            {
                removed.AddRange(Prune(repository, [.. named.Select(found => found.Commit!)], isTrial));
            }
        }

        foreach (CachedRepository repository in names.Count > 0 ? [] : Repositories())
        {
            string[] commits = detached ? [.. repository.Commits.Except(repository.References.Select(reference => reference.Commit))] : [];
            removed.AddRange(Prune(repository, commits, isTrial));
        }

        return removed;
    });

    /// <inheritdoc cref="ICheckpointCache.Verify"/>
    public IReadOnlyList<DamagedCopy> Verify(IReadOnlyList<string> names, IProgress<TransferProgress>? progress,
        CancellationToken cancellation) => HubCache.Guard(() =>
    {
        (CachedRepository Repository, string Commit)[] revisions =
            [.. (names.Count > 0
                ? names.Select(Find)
                : Repositories().Select(repository => (Repository: repository, Commit: (string?)null)))
                .SelectMany(found => (found.Commit is null ? found.Repository.Commits : [found.Commit])
                    .Select(commit => (found.Repository, commit))).Distinct()];
        (string Name, HubEntry File, string Path)[] files = [.. revisions.SelectMany(revision =>
            revision.Repository.FilesOf(revision.Commit)
                .Select(file => ($"{revision.Repository.NameOf(revision.Commit)}/{file.File.Path}", file.File, file.Path)))];
        List<DamagedCopy> damaged = [.. revisions.SelectMany(revision => revision.Repository.DeadLinks(revision.Commit)
            .Select(path => new DamagedCopy($"{revision.Repository.NameOf(revision.Commit)}/{Path.GetFileName(path)}", path,
                "a link that leads nowhere")))];
        long total = files.Sum(file => file.File.LengthBytes);
        long done = 0;
        Dictionary<string, string?> compared = [];
        foreach ((string name, HubEntry file, string path) in files)
        {
            string target = HubCache.Target(path).FullName;
            if (!compared.TryGetValue(target, out string? reason))
            {
                compared.Add(target, reason = HubCache.Difference(target, file, cancellation));
            }

            damaged.AddRange(reason is null ? [] : [new DamagedCopy(name, path, reason)]);
            progress?.Report(new TransferProgress(done += file.LengthBytes, total));
        }

        return damaged;
    });

    /// <inheritdoc cref="ICheckpointCache.Remove"/>
    public static void Remove(IReadOnlyList<DamagedCopy> damaged) => HubCache.Guard(() =>
    {
        foreach (DamagedCopy copy in damaged)
        {
            File.Delete(HubCache.Target(copy.Path).FullName);
            File.Delete(copy.Path);
        }

        return 0;
    });

    private static CachedCheckpoint Describe(CachedRepository repository, string commit)
    {
        IReadOnlyList<(HubEntry File, string Path)> files = repository.FilesOf(commit);
        DateTime used = files.Select(file => HubCache.Target(file.Path))
            .Select(file => file.LastAccessTimeUtc > file.LastWriteTimeUtc ? file.LastAccessTimeUtc : file.LastWriteTimeUtc)
                .DefaultIfEmpty(DateTime.UnixEpoch).Max();
        return new CachedCheckpoint($"{repository.Id.Scheme}{repository.Id}", commit,
            [.. repository.References.Where(reference => reference.Commit == commit).Select(reference => reference.Name)],
            files.Count, repository.MissingOf(commit), files.Sum(file => file.File.LengthBytes), used);
    }

    private static List<RemovedCopy> Prune(CachedRepository repository, string[] commits, bool isTrial)
    {
        // What only these have goes with them: told once, with them.
        List<RemovedCopy> removed = [];
        string[] kept = [.. repository.Commits];
        foreach (string commit in commits)
        {
            kept = [.. kept.Where(other => other != commit)];
            HashSet<string> shared = [.. kept.SelectMany(repository.FilesOf).Select(file => file.File.Digest)];
            removed.Add(new RemovedCopy(repository.NameOf(commit),
                repository.FilesOf(commit).Where(file => !shared.Contains(file.File.Digest)).Sum(file => file.File.LengthBytes)));
        }

        HashSet<string> before = [.. repository.Unneeded(repository.Commits).Select(file => file.Path)];
        (string Path, bool IsUnfinished)[] unneeded = [.. repository.Unneeded(kept)];
        foreach (string commit in commits)
        {
            Unless(isTrial, () => repository.Delete(commit));
        }

        foreach ((string path, bool isUnfinished) in unneeded)
        {
            FileInfo file = new(path);
            long lengthBytes = file.LinkTarget is null ? file.Length : 0;
            if (repository.TryDelete(path, isTrial) && before.Contains(path))
            {
                removed.Add(
                    new RemovedCopy(
                        $"{repository.Id.Scheme}{repository.Id}: {(isUnfinished ? "an unfinished download" : "a file that no revision "
                            + "has")}, {file.Name[..Math.Min(12, file.Name.Length)]}…", lengthBytes));
            }
        }

        return removed;
    }

    private static void Unless(bool isTrial, Action work)
    {
        if (!isTrial)
        {
            work();
        }
    }

    private List<CachedRepository> Repositories() => !Directory.Exists(settings.CacheFolder) ? []
        : [.. Directory.EnumerateDirectories(settings.CacheFolder).Select(path => HubId.OfCacheFolder(Path.GetFileName(path)!))
            .OfType<HubId>()
                .OrderBy(id => id.CacheFolder, StringComparer.Ordinal).Select(id => new CachedRepository(settings, id))];

    private (CachedRepository Repository, string? Commit) Find(string text)
    {
        HubName name = HubName.TryParse(text)
            ?? throw new HubException(HubFault.NotFound, text, "no name of the hub", "Write org/name or org/name@revision.");
        HubCache cache = new(settings, name.Id);
        if (!Directory.Exists(cache.Folder))
        {
            throw new HubException(HubFault.NotFound, text, "the cache has no such model", "See `mergehost cache list`.");
        }

        CachedRepository repository = new(settings, name.Id);
        string? commit = text.Contains('@', StringComparison.Ordinal) ? cache.CommitOf(name.Revision) ?? "" : null;
        return commit is null || repository.Commits.Contains(commit) ? (repository, commit)
            : throw new HubException(HubFault.NotFound, text, "the cache has no such revision of the model", "See `mergehost cache list`.");
    }
}
