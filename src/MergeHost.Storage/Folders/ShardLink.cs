namespace MergeHost.Storage.Folders;

/// <summary>Shards that are links: to what may they lead?</summary>
internal static class ShardLink
{
    /// <summary>Where a shard leads to, if that is outside of its folder and of the cache that the folder belongs to.</summary>
    /// <returns><see langword="null"/> if all is well.</returns>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string? Stray(string folder, string shard)
    {
        string path = Path.Combine(folder, shard);
        if (new FileInfo(path).LinkTarget is null)
        {
            return null;
        }

        string target = RealPath.Of(path);
        string home = RealPath.Of(folder);
        return IsIn(home, target) || (BlobsOfCache(home) is { } blobs && IsIn(blobs, target)) ? null : target;
    }

    // A cache of Hugging Face keeps ROOT/snapshots/REVISION/name as a link to ROOT/blobs/HASH.
    private static string? BlobsOfCache(string folder)
    {
        for (DirectoryInfo? at = new(folder); at?.Parent is { } parent; at = parent)
        {
            if (at.Name == "snapshots")
            {
                return Path.Combine(parent.FullName, "blobs");
            }
        }

        return null;
    }

    private static bool IsIn(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
