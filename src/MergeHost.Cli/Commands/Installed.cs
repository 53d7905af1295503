using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Cli.Commands;

/// <summary>Names of what is installed, for completions and questions; no plugin is loaded.</summary>
internal static class Installed
{
    public static IEnumerable<string> Strategies => Exports(ExportKind.Strategy);

    public static IEnumerable<string> Scorers => Exports(ExportKind.Scorer);

    public static IEnumerable<string> Formats => Exports(ExportKind.Format);

    /// <summary>Plugins and everything that they export.</summary>
    public static IEnumerable<string> All =>
        Plugins.SelectMany(plugin => plugin.Exports.Select(export => export.Id).Prepend(plugin.Id)).Distinct()
            .Order(StringComparer.Ordinal);

    /// <summary>The plugins of the user's own folder.</summary>
    public static IEnumerable<string> OfUser =>
        Or(() => Packages.PluginInstaller.OfUser().Installed).Select(plugin => plugin.Id).Distinct();

    private static IReadOnlyList<PluginInfo> Plugins => Or(() => PluginCatalog.Scan(PluginRoots.Find(null)).Plugins);

    private static IEnumerable<string> Exports(ExportKind kind) =>
        Plugins.SelectMany(plugin => plugin.Exports).Where(export => export.Kind == kind).Select(export => export.Id).Distinct()
            .Order(StringComparer.Ordinal);

    // Whoever types half a command is told nothing but names.
    private static IReadOnlyList<PluginInfo> Or(Func<IReadOnlyList<PluginInfo>> plugins)
    {
        try
        {
            return plugins();
        }
        catch (MergeHostException)
        {
            return [];
        }
    }
}
