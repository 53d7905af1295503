using MergeHost.Architectures;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>The plugins that are installed, as their metadata tells; scanning loads none of them.</summary>
internal sealed class PluginCatalog
{
    private readonly List<string> _roots;
    private readonly List<PluginInfo> _plugins = [];
    private readonly List<(PluginInfo Plugin, Problem Problem)> _incompatible = [];
    private readonly List<Problem> _problems = [];
    private readonly List<(PluginInfo Used, PluginInfo Other)> _copies = [];
    private readonly Dictionary<PluginInfo, Problem?> _clashes = [];
    private readonly Version _contracts;

    private PluginCatalog(IReadOnlyList<string> roots, Version contracts)
    {
        _roots = [.. roots];
        _contracts = contracts;
        foreach (string root in roots)
        {
            ScanRoot(root);
        }

        _plugins.Sort(BestFirst);
        ReportRivals();

        // The best comes last, for the last that is added wins.
        _problems.AddRange(_plugins.Reverse<PluginInfo>()
            .SelectMany(plugin => ModelArchitectures.Add(Path.Combine(plugin.Folder, ModelArchitectures.Folder))));
    }

    /// <summary>Where was looked, in the order in which roots win.</summary>
    public IReadOnlyList<string> Roots => _roots;

    /// <summary>Every version that can be used: by id, then releases before prereleases, then the highest first.</summary>
    public IReadOnlyList<PluginInfo> Plugins => _plugins;

    /// <summary>Versions that were built for other contracts, each with the problem that says so.</summary>
    public IReadOnlyList<(PluginInfo Plugin, Problem Problem)> Incompatible => _incompatible;

    /// <summary>What is wrong with plugins that were found. None of it keeps another plugin from being used.</summary>
    public IReadOnlyList<Problem> Problems => [.. _problems, .. _copies.Select(copy => ClashOf(copy.Used)).OfType<Problem>().Distinct()];

    /// <summary>Looks for plugins.</summary>
    /// <param name="roots">Existing folders, the one that wins first; usually those of <see cref="PluginRoots"/>.</param>
    public static PluginCatalog Scan(IReadOnlyList<string> roots) => Scan(roots, SharedAssemblies.ContractVersion);

    internal static PluginCatalog Scan(IReadOnlyList<string> roots, Version contracts) => new(roots, contracts);

    /// <summary>What a recipe that asks for no version gets, by id.</summary>
    public IReadOnlyList<InstalledExport> Exports(ExportKind kind) => new PluginSet(this).Exports(kind);

    /// <summary>The place of a plugin's root among the roots; of two plugins with one export, the lower wins.</summary>
    public int RootIndex(PluginInfo plugin) => _roots.IndexOf(plugin.Root);

    /// <summary>The problem with a plugin of which another root has other bytes under the same id and version, MH3004;
    /// <see langword="null"/> if there is none.</summary>
    /// <remarks>Files are compared when this is first asked.</remarks>
    public Problem? ClashOf(PluginInfo plugin)
    {
        if (!_clashes.TryGetValue(plugin, out Problem? clash))
        {
            _clashes.Add(plugin,
                clash = _copies.Where(copy => copy.Used == plugin && !HaveSameBytes(plugin, copy.Other))
                    .Select(copy => new Problem(ErrorCodes.PluginDuplicate,
                        $"plugin {plugin} lies in '{plugin.Folder}' and, with other bytes, in '{copy.Other.Folder}'; nothing tells which "
                            + "is meant",
                        "Remove one of the folders, or give what you built a version of its own.")).FirstOrDefault());
        }

        return clash;
    }

    /// <summary>The exports of bundled plugins in whose place another plugin's is taken, each told as a warning, MH3004.</summary>
    /// <param name="bundled">The roots that came with the program.</param>
    public IReadOnlyList<Problem> Shadowing(IReadOnlyList<string> bundled)
    {
        PluginSet chosen = new(this);
        return
        [
            .. _plugins.Where(plugin => bundled.Contains(plugin.Root))
                .SelectMany(plugin => plugin.Exports, (plugin, export) => (plugin, export))
                    .DistinctBy(own => own.export.ToString())
                    .Select(own => (own.plugin,
                        Taken: chosen.Exports(own.export.Kind).FirstOrDefault(taken => taken.Export.Id == own.export.Id)))
                    .Where(own => own.Taken is not null && !bundled.Contains(own.Taken.Plugin.Root))
                    .Select(own => new Problem(ErrorCodes.PluginDuplicate,
                        $"{own.Taken!.Export} is that of plugin {own.Taken.Plugin} in '{own.Taken.Plugin.Folder}', not of {own.plugin}, "
                            + "which comes with MergeHost",
                        "Remove the folder if that is not meant.", Severity: Severity.Warning)),
        ];
    }

    private static bool HaveSameBytes(PluginInfo plugin, PluginInfo other)
    {
        try
        {
            return LockedPlugin.Of(plugin).Files.SequenceEqual(LockedPlugin.Of(other).Files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void ScanRoot(string root)
    {
        List<PluginInfo> found = [];
        foreach (string folder in Folders(root))
        {
            if (Read(folder, root) is not { } plugin)
            {
                continue;
            }

            if (found.Find(plugin.IsSameAs) is { } first)
            {
                _problems.Add(new Problem(ErrorCodes.PluginDuplicate,
                    $"plugin {plugin} lies in '{first.Folder}' and in '{plugin.Folder}'; the first is used",
                    "Remove one of the folders.", Severity: Severity.Warning));
                continue;
            }

            found.Add(plugin);
        }

        // A version that an earlier root holds too must be a copy of it.
        foreach (PluginInfo plugin in found)
        {
            if (_plugins.Find(plugin.IsSameAs) is { } used)
            {
                _copies.Add((used, plugin));
            }
            else
            {
                _plugins.Add(plugin);
            }
        }
    }

    /// <summary>The folders of a root that ought to hold a plugin: the root itself, its folders, or theirs.</summary>
    private IReadOnlyList<string> Folders(string folder, int depth = 0)
    {
        try
        {
            if (depth == 2 || PluginReader.IsPluginFolder(folder))
            {
                return [folder];
            }

            // A leading dot marks an installation under way.
            string[] inner = [.. Directory.EnumerateDirectories(folder)
                .Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];
            return depth == 1 && inner.Length == 0 ? [folder] : [.. inner.SelectMany(path => Folders(path, depth + 1))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Add(new Problem(ErrorCodes.PluginUnreadable, $"{folder}: {exception.Message}",
                "Make the folder readable."));
            return [];
        }
    }

    private PluginInfo? Read(string folder, string root)
    {
        try
        {
            PluginInfo plugin = PluginReader.Read(folder, root);
            if (ContractProblem(plugin, _contracts) is { } problem)
            {
                _problems.Add(problem);
                _incompatible.Add((plugin, problem));
                return null;
            }

            return WithoutTwins(plugin);
        }
        catch (MergeHostException exception)
        {
            _problems.AddRange(exception.Problems);
            return null;
        }
    }

    /// <summary>Tells if a plugin was built for other contracts than a host has, MH3003.</summary>
    /// <remarks>Until 1.0 a minor version may change contracts, so that it must be equal; from 1.0
    /// on it must not be above the host's.</remarks>
    public static Problem? ContractProblem(PluginInfo plugin, Version contracts)
    {
        Version built = plugin.ContractVersion;
        if (built.Major == contracts.Major && (contracts.Major == 0 ? built.Minor == contracts.Minor : built.Minor <= contracts.Minor))
        {
            return null;
        }

        bool isNewer = (built.Major, built.Minor).CompareTo((contracts.Major, contracts.Minor)) > 0;
        return new Problem(ErrorCodes.PluginContract,
            $"{plugin.Folder}: plugin {plugin} was built for contracts {built.ToString(2)}, "
            + $"this host has {contracts.ToString(2)}",
            isNewer ? "Update MergeHost, or install an older version of the plugin." : "Install a newer version of the plugin.");
    }

    /// <summary>Drops exports of one id: nothing tells which of them is meant.</summary>
    private PluginInfo WithoutTwins(PluginInfo plugin)
    {
        List<PluginExport> single = [];
        foreach (PluginExport[] twins in plugin.Exports.GroupBy(export => export.ToString()).Select(group => group.ToArray()))
        {
            if (twins.Length == 1)
            {
                single.Add(twins[0]);
                continue;
            }

            _problems.Add(new Problem(ErrorCodes.PluginDuplicate,
                $"{plugin.Folder}: plugin {plugin} exports {twins[0]} {twins.Length} times; none of them is used",
                "Give each class an id of its own."));
        }

        return plugin with { Exports = single };
    }

    private static int BestFirst(PluginInfo a, PluginInfo b)
    {
        int byId = string.CompareOrdinal(a.Id, b.Id);
        int byKind = a.Version.IsPrerelease.CompareTo(b.Version.IsPrerelease);
        return byId != 0 ? byId : byKind != 0 ? byKind : b.Version.CompareTo(a.Version);
    }

    private void ReportRivals()
    {
        IEnumerable<IGrouping<string, InstalledExport>> byId = _plugins.DistinctBy(plugin => plugin.Id).OrderBy(RootIndex)
            .SelectMany(plugin => plugin.Exports.Select(export => new InstalledExport(plugin, export)))
            .GroupBy(installed => installed.Export.ToString());
        foreach (InstalledExport[] rivals in byId.Select(group => group.ToArray()).Where(group => group.Length > 1))
        {
            _problems.Add(new Problem(ErrorCodes.PluginDuplicate,
                $"{rivals[0].Export} is in the plugins {string.Join(" and ", rivals.Select(rival => rival.Plugin))}; "
                + "the first is used",
                $"Choose another in the recipe, such as `uses: {rivals[1].Plugin.Id}`.", Severity: Severity.Warning));
        }
    }
}
