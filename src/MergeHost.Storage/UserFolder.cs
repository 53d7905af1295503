namespace MergeHost.Storage;

/// <summary>The user's folders, as long as they are absolute and there: a relative one would be that
/// of whoever made the current folder.</summary>
public static class UserFolder
{
    /// <summary>The user's own folder, or <see langword="null"/> if the system names none that exists.</summary>
    public static string? Home => Existing(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary><c>mergehost</c> in the user's folder for caches, or <see langword="null"/> if there
    /// is no place for it; need not exist.</summary>
    public static string? Cache => CacheOf(Environment.GetEnvironmentVariable("XDG_CACHE_HOME"), Home);

    internal static string? CacheOf(string? named, string? home) =>
        Existing(named) is { } cache ? Path.Combine(cache, "mergehost") : home is null ? null : Path.Combine(home, ".cache", "mergehost");

    private static string? Existing(string? folder) => Path.IsPathFullyQualified(folder ?? "") && Directory.Exists(folder) ? folder : null;
}
