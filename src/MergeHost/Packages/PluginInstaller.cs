using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage;
using NuGet.Packaging.Core;
using NuGet.Versioning;

namespace MergeHost.Packages;

/// <summary>Installs plugins from packages into the user's folder of plugins.</summary>
/// <remarks>
/// A plugin's package is the folder that the host loads, with the type <c>MergeHostPlugin</c>. Names, sizes, id, version, contracts and
/// dependencies are checked in a folder that no host looks into; then one rename makes the plugin appear whole.
/// </remarks>
internal sealed class PluginInstaller(string root)
{
    /// <summary>The type that a package of a plugin declares.</summary>
    public const string PackageType = "MergeHostPlugin";

    private const string Content = "plugin";
    private const long MostBytes = 1L << 30;

    /// <summary>The installer of the user's folder.</summary>
    /// <exception cref="MergeHostException">MH5007: the user has no folder.</exception>
    public static PluginInstaller OfUser() => new(PluginRoots.Home(Environment.GetEnvironmentVariable)
        ?? throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, "there is no home folder for plugins",
            $"Set {PluginRoots.HomeVariable} to an absolute path."), null));

    /// <summary>What is installed from packages or was copied here; other roots are not this installer's.</summary>
    public IReadOnlyList<PluginInfo> Installed => Directory.Exists(root) ? PluginCatalog.Scan([root]).Plugins : [];

    /// <summary>Installs a package that is a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="hash">The SHA-512 that it must have, in Base64, or <see langword="null"/> for any.</param>
    /// <param name="cancellation">Asks to stop; nothing is kept then.</param>
    /// <returns>The plugin, and whether the same package was installed already.</returns>
    /// <exception cref="MergeHostException">The package must not be unpacked, is not of a plugin
    /// of this host, or cannot be written.</exception>
    public (PluginInfo Plugin, bool WasThere) Install(string path, string source, string? hash, CancellationToken cancellation)
    {
        using PackageArchive archive = PackageArchive.Open(path, MostBytes);
        if (hash is not null && hash != archive.Sha512)
        {
            throw PackageArchive.Unusable(source, $"has the SHA-512 {archive.Sha512}, expected {hash}",
                "Get the package from whoever gave you the hash.");
        }

        if (!archive.Types.Contains(PackageType))
        {
            throw PackageArchive.Unusable(source, $"is no package of a plugin: it does not have the type '{PackageType}'",
                "Make plugins' packages by `dotnet pack` of the plugin's project.");
        }

        if (!PluginReader.IsId(archive.Id))
        {
            throw PackageArchive.Unusable(source, $"its id is '{archive.Id}'; {PluginReader.IdRule}",
                "Set <MergeHostPluginId> in the plugin's project file, and leave out <PackageId>.");
        }

        string target = Path.Combine(root, archive.Id, archive.Version.ToNormalizedString());
        if (Directory.Exists(target))
        {
            return PackageRecord.Read(target)?.Sha512 == archive.Sha512
                ? (PluginReader.Read(target, root), true)
                : throw new MergeHostException(new Problem(ErrorCodes.PluginDuplicate,
                    $"plugin '{archive.Id}' {archive.Version} is installed in '{target}' already, from another package",
                    $"Remove it first: `mergehost plugins remove {archive.Id}@{archive.Version}`."), null);
        }

        try
        {
            return (Unpack(archive, source, target, cancellation), false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{root}: {exception.Message}",
                $"Make room, or set {PluginRoots.HomeVariable} to a folder that can be written."), exception);
        }
    }

    /// <summary>Installs a package from feeds.</summary>
    /// <param name="feeds">The feeds.</param>
    /// <param name="requirement">The plugin and its versions; without versions, the newest release.</param>
    /// <param name="hash">The SHA-512 that it must have, or <see langword="null"/> for any.</param>
    /// <param name="cancellation">Asks to stop; nothing is kept then.</param>
    /// <exception cref="MergeHostException">No feed has it, or it cannot be installed.</exception>
    public async Task<(PluginInfo Plugin, bool WasThere)> Install(PackageFeeds feeds, PluginRequirement requirement, string? hash,
        CancellationToken cancellation)
    {
        IReadOnlyList<NuGetVersion> versions = await feeds.Versions(requirement.Id, cancellation).ConfigureAwait(false);
        NuGetVersion? version = versions.FirstOrDefault(version => requirement.Accepts(version)
            && (requirement.Range is not null || !version.IsPrerelease))
            ?? versions.FirstOrDefault(requirement.Accepts);
        if (version is null)
        {
            throw feeds.Missing($"plugin '{requirement}'", versions.Count == 0
                ? "Name a feed that has it by --source FEED, or the package's file."
                : $"There is {string.Join(", ", versions.Take(5))}.");
        }

        Directory.CreateDirectory(root);
        string file = Path.Combine(root, $".{Guid.NewGuid():N}.nupkg");
        try
        {
            string source = await feeds.Download(new PackageIdentity(requirement.Id, version), file, cancellation).ConfigureAwait(false)
                ?? throw feeds.Missing($"plugin '{requirement.Id}' {version}", "Try again.");
            return Install(file, $"{requirement.Id} {version} of '{source}'", hash, cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Removes the versions of a plugin that a requirement accepts.</summary>
    /// <returns>What was removed.</returns>
    /// <exception cref="MergeHostException">MH3006: no such version is installed here; MH5007: a folder cannot be removed.</exception>
    public IReadOnlyList<PluginInfo> Remove(PluginRequirement requirement)
    {
        IReadOnlyList<PluginInfo> plugins = Find(requirement);
        foreach (PluginInfo plugin in plugins)
        {
            try
            {
                // Renamed first: no host sees half of it.
                string doomed = Path.Combine(root, $".{Guid.NewGuid():N}");
                Directory.Move(plugin.Folder, doomed);
                Directory.Delete(doomed, recursive: true);
                string parent = Path.GetDirectoryName(plugin.Folder)!;
                if (parent != Path.TrimEndingDirectorySeparator(root) && !Directory.EnumerateFileSystemEntries(parent).Any())
                {
                    Directory.Delete(parent);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{plugin.Folder}: {exception.Message}",
                    "Make the folder writable."), exception);
            }
        }

        return plugins;
    }

    /// <summary>The newest release that feeds have of each installed plugin, where it is newer than what is installed.</summary>
    /// <param name="feeds">The feeds.</param>
    /// <param name="only">The plugin that is asked for, or <see langword="null"/> for all.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">MH3006: it is not installed here; MH3021: a feed does not answer.</exception>
    public async Task<IReadOnlyList<(PluginInfo Plugin, NuGetVersion Newest)>> Outdated(PackageFeeds feeds, PluginRequirement? only,
        CancellationToken cancellation)
    {
        List<(PluginInfo, NuGetVersion)> outdated = [];
        foreach (PluginInfo plugin in (only is null ? Installed : Find(only)).GroupBy(plugin => plugin.Id)
            .Select(versions => versions.MaxBy(plugin => plugin.Version)!))
        {
            IReadOnlyList<NuGetVersion> versions = await feeds.Versions(plugin.Id, cancellation).ConfigureAwait(false);
            if (versions.FirstOrDefault(version => !version.IsPrerelease) is { } newest && newest > plugin.Version)
            {
                outdated.Add((plugin, newest));
            }
        }

        return outdated;
    }

    // What is installed here of a plugin.
    private PluginInfo[] Find(PluginRequirement requirement)
    {
        IReadOnlyList<PluginInfo> installed = Installed;
        PluginInfo[] found = [.. installed.Where(plugin => plugin.Id == requirement.Id
            && (requirement.Range?.Satisfies(plugin.Version) ?? true))];
        if (found.Length > 0)
        {
            return found;
        }

        string[] ids = [.. installed.Select(plugin => plugin.Id).Distinct()];
        throw new MergeHostException(new Problem(ErrorCodes.PluginVersion, $"no plugin '{requirement}' is installed in '{root}'",
            Suggestion.Hint(requirement.Id, ids, ids.Length == 0 ? "nothing is installed there" : $"there is {string.Join(", ", ids)}")),
                null);
    }

    private PluginInfo Unpack(PackageArchive archive, string source, string target, CancellationToken cancellation)
    {
        // A leading dot: no host looks there.
        string partial = Path.Combine(root, $".{archive.Id}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(partial);
            archive.Extract(Content, partial, cancellation);
            Check(archive, source, partial);
            new PackageRecord(archive.Id, archive.Version.ToNormalizedString(), archive.Sha512, source).Write(partial);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Directory.Move(partial, target);
            DurableFolder.Flush(Path.GetDirectoryName(target)!);
            return PluginReader.Read(target, root);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    private void Check(PackageArchive archive, string source, string folder)
    {
        if (File.Exists(Path.Combine(folder, PackageRecord.FileName)))
        {
            throw PackageArchive.Unusable(source, $"has '{PackageRecord.FileName}', which installing writes",
                "Build the plugin again, and pack it.");
        }

        try
        {
            PluginInfo plugin = PluginReader.Read(folder, root);
            if (plugin.Id != archive.Id || plugin.Version != archive.Version)
            {
                throw PackageArchive.Unusable(source, $"says it is '{archive.Id}' {archive.Version}, its assembly says {plugin}",
                    "Do not install it; tell whoever made it.");
            }

            Problem[] problems = [.. PluginCatalog.ContractProblem(plugin, SharedAssemblies.ContractVersion) is { } contract
                ? [contract]
                : PluginVerifier.Verify(plugin).Problems];
            if (problems.Length > 0)
            {
                throw new MergeHostException(problems);
            }
        }
        catch (MergeHostException exception)
        {
            // The folder is gone when this is read.
            throw new MergeHostException([.. exception.Problems.Select(problem => problem with
            {
                Message = problem.Message.Replace(folder, source, StringComparison.Ordinal)
            })]);
        }
    }
}
