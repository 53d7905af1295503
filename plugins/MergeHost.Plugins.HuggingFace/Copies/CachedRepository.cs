using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Copies;

/// <summary>A repository's folder in the cache.</summary>
internal sealed class CachedRepository
{
    private static readonly EnumerationOptions _all = new() { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 32 };

    private readonly HubSettings _settings;
    private readonly HubCache _cache;
    private readonly Dictionary<string, (IReadOnlyList<(HubEntry File, string Path)> Files, int MissingCount)> _found = [];

    public CachedRepository(HubSettings settings, HubId id)
    {
        _settings = settings;
        _cache = new HubCache(settings, id);
        Id = id;
        Commits = Folders("snapshots").Where(HubName.IsCommit).Order(StringComparer.Ordinal).ToList();
        References = _cache.Revisions
            .Select(name => (Name: name, Commit: _cache.CommitOf(name))).Where(reference => reference.Commit is not null)
            .Select(reference => (reference.Name, reference.Commit!)).ToList();
    }

    public HubId Id { get; }

    /// <summary>The commits of which there are files.</summary>
    public IReadOnlyList<string> Commits { get; }

    /// <summary>Branches and tags, and what they were when they were last asked for.</summary>
    public IReadOnlyList<(string Name, string Commit)> References { get; }

    /// <summary>How a commit is named.</summary>
    public string NameOf(string commit) => $"{Id.Scheme}{Id}@{commit}";

    /// <summary>The files of a commit, each with its digest: that of its link's target, else the
    /// listing's; an empty one if neither tells.</summary>
    public IReadOnlyList<(HubEntry File, string Path)> FilesOf(string commit) => Look(commit).Files;

    /// <summary>How many files the listing of a commit has that are not there.</summary>
    public int MissingOf(string commit) => Look(commit).MissingCount;

    /// <summary>Links of a commit that lead nowhere.</summary>
    public IEnumerable<string> DeadLinks(string commit) =>
        Files(_cache.Snapshot(commit)).Select(path => Path.Combine(_cache.Snapshot(commit), path)).Where(path => !HubCache.IsThere(path));

    /// <summary>The files that belong to no commit of some: unfinished ones, and blobs.</summary>
    public IEnumerable<(string Path, bool IsUnfinished)> Unneeded(IEnumerable<string> commits)
    {
        HashSet<string> needed = [.. commits.SelectMany(FilesOf).Select(file => file.File.Digest)];
        return Files(Path.Combine(_cache.Folder, "blobs"))
            .Select(name => (Name: name, IsUnfinished: name.EndsWith(".incomplete", StringComparison.Ordinal)))
                .Where(blob => blob.IsUnfinished || !needed.Contains(blob.Name))
                .Select(blob => (Path.Combine(_cache.Folder, "blobs", blob.Name), blob.IsUnfinished));
    }

    /// <summary>Deletes a blob or an unfinished one, unless a program is at it.</summary>
    /// <returns>Whether it is gone, or would be.</returns>
    public bool TryDelete(string blob, bool isTrial)
    {
        string digest = Path.GetFileName(blob).Split('.')[0];
        using FileStream? held = HubCache.TryLock(Path.Combine(_settings.CacheFolder, ".locks", Id.CacheFolder, digest + ".lock"));
        if (held is not null && !isTrial)
        {
            File.Delete(blob);
        }

        return held is not null;
    }

    /// <summary>Deletes what the folder has of a commit but the blobs.</summary>
    public void Delete(string commit)
    {
        foreach ((string name, _) in References.Where(reference => reference.Commit == commit))
        {
            File.Delete(Path.Combine(_cache.Folder, "refs", name));
        }

        // The listing goes last: without it, what is left would be taken for all there is.
        foreach (string folder in (string[])[_cache.Snapshot(commit), Path.Combine(_cache.Folder, ".no_exist", commit)])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        File.Delete(Path.Combine(_cache.Folder, "trees", commit + ".json"));
    }

    /// <summary>Deletes the folder.</summary>
    public void Delete()
    {
        Directory.Delete(_cache.Folder, recursive: true);
        string locks = Path.Combine(_settings.CacheFolder, ".locks", Id.CacheFolder);
        if (Directory.Exists(locks))
        {
            Directory.Delete(locks, recursive: true);
        }
    }

    /// <summary>How much room the folder takes; links count for nothing.</summary>
    public long LengthBytes =>
        Files(_cache.Folder).Select(path => new FileInfo(Path.Combine(_cache.Folder, path))).Where(file => file.LinkTarget is null)
            .Sum(file => file.Length);

    // Once for each commit: that is a folder of links, and a listing.
    private (IReadOnlyList<(HubEntry File, string Path)> Files, int MissingCount) Look(string commit)
    {
        if (!_found.TryGetValue(commit, out (IReadOnlyList<(HubEntry File, string Path)> Files, int MissingCount) found))
        {
            Dictionary<string, HubEntry> listed = _cache.Listing(commit)?.DistinctBy(file => file.Path).ToDictionary(file => file.Path)
                ?? [];
            IReadOnlyList<HubEntry> present = _cache.Present(commit);
            found.MissingCount = listed.Keys.Except(present.Select(file => file.Path)).Count();
            found.Files = [.. present.Select(file =>
                (file.Digest.Length > 0 || !listed.TryGetValue(file.Path, out HubEntry? entry)
                    ? file
                    : file with { Oid = entry.Digest }, Path.Combine(_cache.Snapshot(commit), file.Path)))];
            _found.Add(commit, found);
        }

        return found;
    }

    private IEnumerable<string> Folders(string name) =>
        Directory.Exists(Path.Combine(_cache.Folder, name))
            ? Directory.EnumerateDirectories(Path.Combine(_cache.Folder, name)).Select(path => Path.GetFileName(path)!)
            : [];

    private static List<string> Files(string folder) =>
        Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", _all).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)]
            : [];
}
