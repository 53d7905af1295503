using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>One repository in the cache that programs for the hub share: blobs, snapshots, references and listings.</summary>
internal sealed class HubCache(HubSettings settings, HubId repository)
{
    private const int ListingVersion = 1;
    private const long MostListingBytes = 1 << 28;

    private readonly string _name = repository.CacheFolder;

    /// <summary>The repository's folder.</summary>
    public string Folder => Path.Combine(settings.CacheFolder, _name);

    /// <summary>The commit that a branch or tag was when it was last asked for, or <see langword="null"/>.</summary>
    public string? CommitOf(string revision)
    {
        if (HubName.IsCommit(revision))
        {
            return revision;
        }

        string path = Path.Combine(Folder, "refs", revision);
        string? commit = Read(path) is { } text ? text.Trim() : null;
        return commit is not null && HubName.IsCommit(commit) ? commit : null;
    }

    /// <summary>The branches and tags that were asked for.</summary>
    public IReadOnlyList<string> Revisions =>
        Guard<IReadOnlyList<string>>(() => Path.Combine(Folder, "refs") is var refs && Directory.Exists(refs)
            ? [.. Directory.EnumerateFiles(refs, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(refs, file).Replace('\\', '/')).Order(StringComparer.Ordinal)]
            : []);

    /// <summary>The folder of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>A file of a commit, or <see langword="null"/> if it is not there.</summary>
    public string? Find(string commit, string path) =>
        HubPath.IsSafe(path) && Path.Combine(Snapshot(commit), path) is { } full && IsThere(full) ? full : null;

    /// <summary>The listing of a commit, or <see langword="null"/> if there is none.</summary>
    public IReadOnlyList<HubEntry>? Listing(string commit)
    {
        // What is of another program's make is as good as none.
        JsonNode? listing = Read(ListingPath(commit)) is { } text ? Parse(text) : null;
        if (listing.Find("format_version").AsInt() != ListingVersion || listing.Find("files") is not JsonObject files)
        {
            return null;
        }

        HubEntry?[] entries = [.. files.Select(file => EntryOf(file.Key, file.Value))];
        return entries.Contains(null) ? null
            : [.. entries.OfType<HubEntry>().Where(file => HubEntry.IsDigest(file.Digest) && file.LengthBytes >= 0)
                .OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The files that a snapshot has, where no listing tells which there should be.</summary>
    public IReadOnlyList<HubEntry> Present(string commit)
    {
        string snapshot = Snapshot(commit);
        return Directory.Exists(snapshot)
            ? [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Where(IsThere)
                .Select(path => new HubEntry(Path.GetRelativePath(snapshot, path).Replace('\\', '/'), Target(path).Length, DigestOf(path),
                    null))
                .OrderBy(file => file.Path, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Prepares a commit's folder and its listing, and says which revision it is.</summary>
    public void Begin(string revision, string commit, IReadOnlyList<HubEntry> files) => Guard(() =>
    {
        Directory.CreateDirectory(settings.CacheFolder);
        string tag = Path.Combine(settings.CacheFolder, "CACHEDIR.TAG");
        if (!File.Exists(tag))
        {
            Replace(tag, "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of files from the Hugging Face Hub.\n");
        }

        if (!File.Exists(ListingPath(commit)))
        {
            JsonObject rows = [];
            foreach (HubEntry file in files)
            {
                JsonObject row = new() { ["size"] = file.LengthBytes, ["blob_id"] = file.Oid };
                if (file.Sha256 is not null)
                {
                    row["lfs_sha256"] = file.Sha256;
                    row["lfs_size"] = file.LengthBytes;
                }

                rows[file.Path] = row;
            }

            Replace(ListingPath(commit),
                new JsonObject { ["format_version"] = ListingVersion, ["files"] = rows }
                    .ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        }

        Directory.CreateDirectory(Snapshot(commit));
        if (revision != commit)
        {
            Replace(Path.Combine(Folder, "refs", revision), commit);
        }
    });

    /// <summary>Puts a file into a commit's folder; fetches it if the cache does not have it yet.</summary>
    /// <param name="commit">The commit, after <see cref="Begin"/>.</param>
    /// <param name="file">The file, of a safe name.</param>
    /// <param name="fetch">Reads the file from a byte on.</param>
    /// <param name="cancellation">Asks to stop; what came is kept for the next time.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="HubException">The bytes do not come, are others, or cannot be written.</exception>
    public string Add(string commit, HubEntry file, Action<long, Action<ReadOnlyMemory<byte>>> fetch, CancellationToken cancellation)
    {
        string link = Path.Combine(Snapshot(commit), file.Path);
        string blob = Path.Combine(Folder, "blobs", file.Digest);
        Guard(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            using FileStream held = Lock(Path.Combine(settings.CacheFolder, ".locks", _name, file.Digest + ".lock"), cancellation);
            if (IsThere(link))
            {
                return;
            }

            File.Delete(link); // A link that leads nowhere.
            bool wasThere = IsThere(blob);
            if (!wasThere)
            {
                Fetch(blob, file, fetch, cancellation);
            }

            Place(blob, link, file, wasThere);
        });
        return link;
    }

    /// <summary>Compares a file of the cache with its digest.</summary>
    /// <exception cref="HubException">It holds other bytes.</exception>
    public static void Verify(string path, HubEntry file, CancellationToken cancellation)
    {
        if (Difference(path, file, cancellation) is { } difference)
        {
            throw new HubException(HubFault.Damaged, path, $"the file in the cache is not what its name says: {difference}",
                $"Delete it, and run again: `rm '{Target(path).FullName}'`.");
        }
    }

    /// <summary>In what a file of the cache differs from what its listing says, or <see langword="null"/>.</summary>
    /// <exception cref="HubException">It cannot be read.</exception>
    public static string? Difference(string path, HubEntry file, CancellationToken cancellation) => Guard(() =>
    {
        using FileStream stream = File.OpenRead(path);
        return stream.Length != file.LengthBytes
            ? string.Create(CultureInfo.InvariantCulture, $"it has {stream.Length:N0} bytes, expected {file.LengthBytes:N0}")
            : HubEntry.IsDigest(file.Digest) && Digest(stream, file, cancellation) != file.Digest ? "it has another digest" : null;
    });

    /// <summary>Locks a blob as the other programs do (flock), for as long as the stream is open.</summary>
    /// <returns><see langword="null"/> if another program has it.</returns>
    public static FileStream? TryLock(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Whether a path leads to a file; a link that leads nowhere does not.</summary>
    public static bool IsThere(string path) => File.Exists(path) && Target(path).Exists;

    /// <summary>The file that a path leads to.</summary>
    public static FileInfo Target(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);

    private static JsonNode? Parse(string text)
    {
        try
        {
            return PythonJson.Parse(Encoding.UTF8.GetBytes(text), reason => new JsonException(reason));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static HubEntry? EntryOf(string path, JsonNode? row) =>
        row.Find("size").AsWhole() is { } lengthBytes && row.Find("blob_id").AsText() is { } oid
        && (row.Find("lfs_sha256") is not { } sha || sha.AsText() is not null)
            ? new HubEntry(path, lengthBytes, oid, row.Find("lfs_sha256").AsText()) : null;

    private static string Digest(FileStream stream, HubEntry file, CancellationToken cancellation)
    {
        using IncrementalHash hash = file.NewHash();
        Append(hash, stream, cancellation);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, FileStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 20];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }
    }

    // Under the lock, so that what an earlier run left can be gone on with.
    private static void Fetch(string blob, HubEntry file, Action<long, Action<ReadOnlyMemory<byte>>> fetch, CancellationToken cancellation)
    {
        string partial = $"{blob}.{file.Digest[..8]}.incomplete";
        bool isResumed = TryFetch(partial, file, fetch, cancellation, out bool isWhole);
        if (!isWhole)
        {
            File.Delete(partial);
            if (!isResumed || !(TryFetch(partial, file, fetch, cancellation, out isWhole) | isWhole))
            {
                File.Delete(partial);
                throw new HubException(HubFault.Damaged, file.Path,
                    "the bytes that came are not those of the listing (digest); nothing of them is kept",
                    "Run again; if it stays, look at proxies between you and the hub.");
            }
        }

        File.Move(partial, blob, overwrite: true);
    }

    // Returns whether it went on with what was there.
    private static bool TryFetch(string partial, HubEntry file, Action<long, Action<ReadOnlyMemory<byte>>> fetch,
        CancellationToken cancellation, out bool isWhole)
    {
        using FileStream stream = new(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
        using IncrementalHash hash = file.NewHash();
        if (stream.Length > file.LengthBytes)
        {
            stream.SetLength(0);
        }

        long start = stream.Length;
        Append(hash, stream, cancellation);
        fetch(start, bytes =>
        {
            hash.AppendData(bytes.Span);
            stream.Write(bytes.Span);
        });
        stream.Flush(flushToDisk: true);
        isWhole = stream.Length == file.LengthBytes && Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Digest;
        return start > 0;
    }

    private void Place(string blob, string link, HubEntry file, bool wasThere)
    {
        try
        {
            if (!settings.AvoidsLinks)
            {
                string up = string.Concat(Enumerable.Repeat("../", 2 + file.Path.Count(c => c == '/')));
                File.CreateSymbolicLink(link, $"{up}blobs/{file.Digest}");
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && !File.Exists(link))
        {
            // A file system without links: files alone, as on Windows.
        }

        if (wasThere)
        {
            File.Copy(blob, link);
        }
        else
        {
            File.Move(blob, link);
        }
    }

    private static FileStream Lock(string path, CancellationToken cancellation)
    {
        FileStream? held = TryLock(path);
        for (; held is null; held = TryLock(path))
        {
            if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)))
            {
                throw new OperationCanceledException(cancellation);
            }
        }

        return held;
    }

    private string ListingPath(string commit) => Path.Combine(Folder, "trees", commit + ".json");

    private static string DigestOf(string path) =>
        new FileInfo(path).LinkTarget is { } target && Path.GetFileName(target) is { } name && HubEntry.IsDigest(name) ? name : "";

    private static string? Read(string path) =>
        Guard(() => File.Exists(path) && new FileInfo(path).Length <= MostListingBytes ? File.ReadAllText(path) : null);

    private static void Replace(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}.{Guid.NewGuid().ToString("N")[..8]}.tmp";
        File.WriteAllText(temporary, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, path, overwrite: true);
    }

    private static void Guard(Action work) => Guard(() =>
    {
        work();
        return 0;
    });

    /// <summary>Does what the disk may refuse.</summary>
    /// <exception cref="HubException">It refuses.</exception>
    public static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubFault.Cache, "cache", exception.Message.TrimEnd('.'),
                "Look at the folder's rights and room, or name another by HF_HUB_CACHE.", exception);
        }
    }
}
