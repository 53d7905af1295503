using MergeHost.Architectures;
using MergeHost.Storage;

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

    /// <summary>Where <c>plugins install</c> puts plugins, or <see langword="null"/> if the user has no folder.</summary>
    /// <exception cref="MergeHostException">The variable names a relative path.</exception>
    public static string? Home(Func<string, string?> environment) =>
        environment(HomeVariable) is { Length: > 0 } named ? Path.Combine(Absolute(named, HomeVariable), "plugins")
        : UserFolder.Home is { } home ? Path.Combine(home, ".mergehost", "plugins")
        : null;

    /// <summary>Where a user's own families of models are, or <see langword="null"/> if the user has no folder.</summary>
    /// <exception cref="MergeHostException">The variable names a relative path.</exception>
    public static string? Families(Func<string, string?> environment) =>
        Home(environment) is { } plugins ? Path.Combine(Path.GetDirectoryName(plugins)!, ModelArchitectures.Folder) : null;

    /// <summary>The roots that came with the program, or were built with it.</summary>
    public static IReadOnlyList<string> Bundled(string appFolder)
    {
        string pointerFile = Path.Combine(appFolder, PointerFile);
        IEnumerable<string> pointed = File.Exists(pointerFile)
            ? File.ReadLines(pointerFile).Select(line => line.Trim()).Where(line => line.Length > 0)
            : [];
        return [.. pointed.Append("plugins")
            .Select(line => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(appFolder, line))))];
    }

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

        IEnumerable<string> candidates =
        [
            explicitPath is null ? "" : Path.GetFullPath(explicitPath),
            .. (environment(PathVariable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Select(path => Absolute(path, PathVariable)),
            .. Bundled(appFolder),
            Home(environment) ?? "",
        ];
        return
        [
            .. candidates.Where(Directory.Exists).Select(Path.GetFullPath).Select(Path.TrimEndingDirectorySeparator).Distinct(),
        ];
    }

    // A relative path would lead into whatever folder the program is started in, and what lies there would run.
    private static string Absolute(string path, string variable) => Path.IsPathFullyQualified(path)
        ? path
        : throw new MergeHostException(new Problem(ErrorCodes.PluginUnreadable, $"{variable} is '{path}'; expected an absolute path",
            $"Set {variable} to an absolute path, or unset it."), null);
}
