using System.Security.Cryptography;
using MergeHost.Storage;
using MergeHost.Torch;
using NuGet.Packaging.Core;
using NuGet.Versioning;

namespace MergeHost.Packages;

/// <summary>Brings libtorch into the user's cache, from the user's package feeds.</summary>
/// <remarks>
/// Packages of libtorch for GPUs are split, since feeds bound their size: of <c>X-primary</c> and <c>X-fragmentN</c> the files are put
/// together, and must then have the SHA-256 that <c>.sha</c> beside them names.
/// </remarks>
internal sealed class TorchInstaller(PackageFeeds feeds, string folder)
{
    /// <summary>Where it goes.</summary>
    /// <exception cref="MergeHostException">MH5007: the user has no folder for caches.</exception>
    public static string Place => TorchLibrary.InstallFolder
        ?? throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, "there is no folder for caches",
            "Set XDG_CACHE_HOME to an existing folder."), null);

    private const string Natives = "runtimes/linux-x64/native";
    private const string Fragments = "fragments/linux-x64/native";
    private const long MostBytes = 16L << 30;

    private static readonly NuGetVersion _version = NuGetVersion.Parse(TorchLibrary.PackageVersion);

    /// <summary>The package of libtorch for a backend; the content of the first is known, those it needs are told by it.</summary>
    private static readonly Dictionary<string, TorchPackage> _packages = new()
    {
        ["cpu"] = new("libtorch-cpu-linux-x64", "YGd/F5T77Urmui3LeXOgXP8xqY+RpSZFcMBwV+tBDYMMtxppKyi8O4ajnWSNSmlSctr6KGvSmfGRhmxRGYfbuA=="),
        ["cuda"] = new("libtorch-cuda-12.8-linux-x64", null),
    };

    /// <summary>The backends there are.</summary>
    public static IEnumerable<string> Backends => _packages.Keys;

    /// <summary>Installs libtorch, unless it is there already.</summary>
    /// <param name="backend">One of <see cref="Backends"/>.</param>
    /// <param name="progress">Told of what is written.</param>
    /// <param name="cancellation">Asks to stop; nothing is kept then.</param>
    /// <returns>Where it lies, and whether it was there already.</returns>
    /// <exception cref="MergeHostException">No feed has it, it is not what it must be, or it cannot be written.</exception>
    public async Task<(string Folder, bool WasThere)> Install(string backend, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        TorchLibrary.RequirePlatform();
        return await Install(backend, _packages[backend], progress, cancellation).ConfigureAwait(false);
    }

    internal async Task<(string Folder, bool WasThere)> Install(
        string backend, TorchPackage package, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        string target = Path.Combine(folder, backend);
        if (Directory.Exists(target))
        {
            return (target, true);
        }

        string partial = Path.Combine(folder, $".{backend}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(partial);
            await Unpack(package, partial, new Told(progress), cancellation).ConfigureAwait(false);
            Stitch(partial, cancellation);
            if (!File.Exists(Path.Combine(partial, TorchLibrary.MainFile)))
            {
                throw PackageArchive.Unusable(package.Id, $"holds no {Natives}/{TorchLibrary.MainFile}",
                    "Name a feed that has libtorch's own packages by --source FEED.");
            }

            Directory.Move(partial, target);
            DurableFolder.Flush(folder);
            return (target, false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{folder}: {exception.Message}",
                "Make room, or set XDG_CACHE_HOME to a folder that can be written."), exception);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    // The package, then those it needs, as far as they are parts of it.
    private async Task Unpack(TorchPackage package, string target, Told told, CancellationToken cancellation)
    {
        Queue<string> pending = new([package.Id]);
        HashSet<string> seen = new([package.Id], StringComparer.OrdinalIgnoreCase);
        while (pending.TryDequeue(out string? id))
        {
            string file = Path.Combine(target, "package.nupkg");
            PackageIdentity identity = new(id, _version);
            if (await feeds.Download(identity, file, cancellation, told.Add).ConfigureAwait(false) is null)
            {
                throw feeds.Missing($"{id} {_version}",
                    $"Name a feed that has it by --source FEED, or set {TorchLibrary.FolderVariable} to a folder of "
                        + $"libtorch {TorchLibrary.Version}.");
            }

            using (PackageArchive archive = PackageArchive.Open(file, MostBytes))
            {
                if (package.ContentHash is { } expected && archive.ContentHash(cancellation) is var found && found != expected)
                {
                    throw PackageArchive.Unusable(id, $"its content has the hash {found}, expected {expected}",
                        "Name another feed by --source FEED.");
                }

                archive.Extract(Natives, target, cancellation);
                archive.Extract(Fragments, target, cancellation);
                foreach (PackageDependency part in archive.Dependencies.Where(part => part.Id.StartsWith(package.Id + "-",
                    StringComparison.OrdinalIgnoreCase) && seen.Add(part.Id)))
                {
                    pending.Enqueue(part.Id);
                }
            }

            File.Delete(file);
            told.Finish(seen.Count);
        }
    }

    private static void Stitch(string folder, CancellationToken cancellation)
    {
        foreach (string sum in Directory.EnumerateFiles(folder, "*.sha").ToList())
        {
            string whole = Path.ChangeExtension(sum, null);
            using (FileStream file = new(whole, FileMode.Append))
            {
                for (int i = 1; File.Exists($"{whole}.fragment{i}"); i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    using (FileStream fragment = File.OpenRead($"{whole}.fragment{i}"))
                    {
                        fragment.CopyTo(file);
                    }

                    File.Delete($"{whole}.fragment{i}");
                }
            }

            using FileStream content = File.OpenRead(whole);
            string found = Convert.ToHexStringLower(SHA256.HashData(content));
            string expected = File.ReadAllText(sum).Trim();
            if (found != expected)
            {
                throw PackageArchive.Unusable(Path.GetFileName(whole),
                    $"put together from its parts it has the hash {found}, expected {expected}", "Name another feed by --source FEED.");
            }

            File.Delete(sum);
        }

        if (Directory.EnumerateFiles(folder, "*.fragment*").FirstOrDefault() is { } stray)
        {
            throw PackageArchive.Unusable(Path.GetFileName(stray), "is a part without its whole", "Name another feed by --source FEED.");
        }
    }

    /// <summary>Adds up what is told of the progress.</summary>
    private sealed class Told(IProgress<MergeProgress>? progress)
    {
        // What libtorch for the processor comes to; how long a package is, feeds do not tell.
        private const long Expected = 130_000_000;

        private long _bytes;
        private int _packages;

        public void Add(long bytes)
        {
            _bytes += bytes;
            Report(_packages + 1);
        }

        public void Finish(int total)
        {
            _packages++;
            Report(total);
        }

        private void Report(int total) => progress?.Report(new MergeProgress(null, _bytes, Math.Max(_bytes, Expected), _packages, total));
    }
}

/// <summary>A package of libtorch.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ContentHash">The hash of its content, or <see langword="null"/> if only its parts have hashes.</param>
internal sealed record TorchPackage(string Id, string? ContentHash);
