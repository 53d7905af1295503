using NuGet.Common;
using NuGet.Configuration;
using NuGet.Packaging.Core;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace MergeHost.Packages;

/// <summary>The package feeds of the user: those of the user's own NuGet.config, or one that is named.</summary>
/// <remarks>A NuGet.config in the current folder is not asked: whoever made the folder would choose what is installed.</remarks>
internal sealed class PackageFeeds : IDisposable
{
    private readonly IReadOnlyList<SourceRepository> _feeds;
    private readonly SourceCacheContext _cache = new() { DirectDownload = true, NoCache = true };

    private PackageFeeds(IEnumerable<PackageSource> sources) => _feeds = [.. sources.Select(Repository.Factory.GetCoreV3)];

    /// <summary>The feeds' names, as messages have them.</summary>
    public IReadOnlyList<string> Names => [.. _feeds.Select(feed => feed.PackageSource.Name)];

    /// <summary>Opens the feeds.</summary>
    /// <param name="named">A feed's name in NuGet.config, its address, or a folder;
    /// <see langword="null"/> for all that are enabled.</param>
    /// <param name="asksGlobalFolder">Whether the folder in which NuGet keeps what it restored is asked first.</param>
    /// <exception cref="MergeHostException">MH3021: there is no such feed, or none at all, or NuGet.config cannot be read.</exception>
    public static PackageFeeds Open(string? named, bool asksGlobalFolder = false)
    {
        try
        {
            ISettings settings = Settings.LoadDefaultSettings(root: null);
            PackageSource[] configured = [.. new PackageSourceProvider(settings).LoadPackageSources()];
            IEnumerable<PackageSource> sources = named is null
                ? configured.Where(source => source.IsEnabled)
                : [Find(named, configured)];
            string restored = SettingsUtility.GetGlobalPackagesFolder(settings);
            PackageFeeds feeds = new(asksGlobalFolder && named is null && Directory.Exists(restored)
                ? sources.Prepend(new PackageSource(restored))
                : sources);
            return feeds._feeds.Count > 0
                ? feeds
                : throw Unavailable("no package feed is enabled in NuGet.config", "Name one by --source FEED.");
        }
        catch (NuGetConfigurationException exception)
        {
            throw Unavailable(exception.Message, "Mend NuGet.config, or name a feed by --source FEED.", exception);
        }
    }

    /// <summary>The versions of a package, the newest first; empty if no feed has it.</summary>
    /// <exception cref="MergeHostException">MH3021: a feed does not answer.</exception>
    public async Task<IReadOnlyList<NuGetVersion>> Versions(string id, CancellationToken cancellation)
    {
        HashSet<NuGetVersion> versions = [];
        foreach (SourceRepository feed in _feeds)
        {
            versions.UnionWith(await Ask(feed, resource => resource.GetAllVersionsAsync(id, _cache, NullLogger.Instance, cancellation),
                cancellation).ConfigureAwait(false));
        }

        return [.. versions.OrderDescending()];
    }

    /// <summary>Writes a package into a file.</summary>
    /// <returns>The name of the feed that had it, or <see langword="null"/> if none has it.</returns>
    /// <exception cref="MergeHostException">MH3021: a feed does not answer.</exception>
    public async Task<string?> Download(PackageIdentity package, string path, CancellationToken cancellation, Action<long>? written = null)
    {
        foreach (SourceRepository feed in _feeds)
        {
            await using FileStream file = File.Create(path);
            await using CountingStream counted = new(file, written);
            if (await Ask(feed,
                resource => resource.CopyNupkgToStreamAsync(package.Id, package.Version, counted, _cache, NullLogger.Instance,
                    cancellation), cancellation).ConfigureAwait(false))
            {
                return feed.PackageSource.Name;
            }
        }

        return null;
    }

    /// <summary>That no feed has a package.</summary>
    public MergeHostException Missing(string what, string hint) =>
        Unavailable($"{what} is not in {string.Join(" or ", Names.Select(name => $"'{name}'"))}", hint);

    public void Dispose() => _cache.Dispose();

    private static PackageSource Find(string named, PackageSource[] configured)
    {
        if (configured.FirstOrDefault(source => string.Equals(source.Name, named, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return known;
        }

        if (Uri.TryCreate(named, UriKind.Absolute, out Uri? address) && !address.IsFile)
        {
            return address.Scheme == Uri.UriSchemeHttps || address.IsLoopback
                ? configured.FirstOrDefault(source => source.Source == named) ?? new PackageSource(named)
                : throw Unavailable($"the feed '{named}' is not asked by https", "Name a feed by https, or a folder.");
        }

        return Directory.Exists(named)
            ? new PackageSource(Path.GetFullPath(named))
            : throw Unavailable($"there is no feed '{named}'", configured.Length == 0
                ? "Name an address or a folder."
                : $"Name an address, a folder, or one of NuGet.config: {string.Join(", ", configured.Select(source => source.Name))}.");
    }

    private static async Task<T> Ask<T>(SourceRepository feed, Func<FindPackageByIdResource, Task<T>> question,
        CancellationToken cancellation)
    {
        try
        {
            FindPackageByIdResource resource = await feed.GetResourceAsync<FindPackageByIdResource>(cancellation).ConfigureAwait(false)
                ?? throw new InvalidOperationException("does not answer as a package feed");
            return await question(resource).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NuGetProtocolException or HttpRequestException or IOException
            or InvalidOperationException or TimeoutException)
        {
            throw Unavailable($"feed '{feed.PackageSource.Name}': {exception.InnerException?.Message ?? exception.Message}",
                "See that the feed can be reached, or name another by --source FEED.", exception);
        }
    }

    private static MergeHostException Unavailable(string message, string hint, Exception? inner = null) =>
        new(new Problem(ErrorCodes.FeedUnavailable, message, hint), inner);
}
