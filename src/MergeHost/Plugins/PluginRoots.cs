namespace MergeHost.Plugins;

/// <summary>The folders under which plugins are installed, as <c>&lt;root&gt;/&lt;id&gt;/&lt;version&gt;/</c>.</summary>
internal static class PluginRoots
{
    /// <summary>Folders to search, separated as in <c>PATH</c>.</summary>
    public const string PathVariable = "MERGEHOST_PLUGIN_PATH";

    /// <summary>The folder that replaces <c>~/.mergehost</c>.</summary>
    public const string HomeVariable = "MERGEHOST_HOME";

    /// <summary>A file beside the program that names a root; a build writes it, so that what was just built is found.</summary>
    public const string PointerFile = "mergehost.plugins.path";

    /// <summary>Where <c>plugins install</c> puts plugins.</summary>
    public static string Home(Func<string, string?> environment) => Path.Combine(
        environment(HomeVariable) is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".mergehost"),
        "plugins");

    /// <summary>The roots that exist, in the order in which they win.</summary>
    /// <param name="explicitPath">What the user asked for; it comes first.</param>
    /// <exception cref="MergeHostException">There is no folder at <paramref name="explicitPath"/>.</exception>
    public static IReadOnlyList<string> Find(string? explicitPath) =>
        Find(explicitPath, AppContext.BaseDirectory, Environment.GetEnvironmentVariable);

    internal static IReadOnlyList<string> Find(string? explicitPath, string appFolder, Func<string, string?> environment)
    {
        if (explicitPath is not null && !Directory.Exists(explicitPath))
        {
            throw new MergeHostException(new Problem(ErrorCodes.PluginUnreadable, $"no plugin folder '{explicitPath}'",
                "Name an existing folder that holds plugins as <id>/<version>/."), null);
        }

        string pointerFile = Path.Combine(appFolder, PointerFile);
        IEnumerable<string> pointed = File.Exists(pointerFile) ? File.ReadLines(pointerFile) : [];
        IEnumerable<string> candidates =
        [
            explicitPath ?? "",
            .. (environment(PathVariable) ?? "").Split(Path.PathSeparator),
            .. pointed.Select(line => line.Trim()).Where(line => line.Length > 0).Select(line => Path.Combine(appFolder, line)),
            Path.Combine(appFolder, "plugins"),
            Home(environment),
        ];
        return
        [
            .. candidates.Where(Directory.Exists).Select(Path.GetFullPath).Select(Path.TrimEndingDirectorySeparator).Distinct(),
        ];
    }
}
