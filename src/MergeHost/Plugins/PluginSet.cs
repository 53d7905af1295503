using System.Diagnostics.CodeAnalysis;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>
/// The plugins that one recipe works with: of each plugin one version, chosen by the recipe, the lock file and what is installed.
/// </summary>
/// <remarks>
/// Of the versions that the recipe accepts, one that the lock file names goes before others, then the highest wins. A recipe
/// that asks for no version gets the highest release, or the highest prerelease where there is no release. Not for several
/// threads at once.
/// </remarks>
internal sealed class PluginSet
{
    // So many ids are shown in a hint.
    private const int MostNamed = 8;
    private const string ListHint = "`mergehost plugins list` shows all";

    private readonly PluginCatalog _catalog;
    private readonly Dictionary<string, Problem> _unfit = [];
    private readonly List<PluginInfo> _chosen = [];
    private readonly Dictionary<string, PluginInfo> _used = [];

    /// <summary>Chooses versions.</summary>
    /// <param name="catalog">What is installed.</param>
    /// <param name="uses">What the recipe asks for; several for one plugin must all hold.</param>
    /// <param name="locked">The lock file, or <see langword="null"/> if there is none.</param>
    public PluginSet(PluginCatalog catalog, IReadOnlyList<PluginRequirement>? uses = null, PluginLock? locked = null)
    {
        _catalog = catalog;
        ILookup<string, PluginRequirement> wanted = (uses ?? []).ToLookup(requirement => requirement.Id);
        foreach (IGrouping<string, PluginInfo> versions in catalog.Plugins.GroupBy(plugin => plugin.Id))
        {
            if (Choose(versions, [.. wanted[versions.Key]], locked) is { } plugin)
            {
                _chosen.Add(plugin);
            }
        }

        foreach (IGrouping<string, PluginRequirement> requirements in wanted)
        {
            if (!_chosen.Exists(plugin => plugin.Id == requirements.Key))
            {
                _unfit.Add(requirements.Key, Unfit(requirements.Key, [.. requirements]));
            }
        }

        // What the recipe names wins over what it does not, then root over root; before, they are in the order of their ids.
        _chosen = [.. _chosen.OrderBy(plugin => !wanted.Contains(plugin.Id)).ThenBy(catalog.RootIndex)];
    }

    /// <summary>What the recipe asks for and nothing installed fits, MH3006, in the order of the recipe; and plugins of which nothing
    /// tells which bytes are meant, MH3004.</summary>
    public IReadOnlyCollection<Problem> Problems => [.. _unfit.Values, .. _chosen.Select(_catalog.ClashOf).OfType<Problem>()];

    /// <summary>The plugins of which something was resolved, by id.</summary>
    public IReadOnlyList<PluginInfo> Used => [.. _used.Values.OrderBy(plugin => plugin.Id, StringComparer.Ordinal)];

    /// <summary>What can be resolved, by id.</summary>
    public IReadOnlyList<InstalledExport> Exports(ExportKind kind) =>
    [
        .. _chosen.SelectMany(plugin => plugin.Exports, (plugin, export) => new InstalledExport(plugin, export))
            .Where(installed => installed.Export.Kind == kind)
            .DistinctBy(installed => installed.Export.Id)
            .OrderBy(installed => installed.Export.Id, StringComparer.Ordinal),
    ];

    /// <summary>Finds the export that an id in the recipe means, and counts its plugin as used.</summary>
    public bool TryResolve(
        ExportKind kind, string id, [NotNullWhen(true)] out InstalledExport? installed, [NotNullWhen(false)] out Problem? problem)
    {
        installed = Exports(kind).FirstOrDefault(candidate => candidate.Export.Id == id);
        problem = installed is null ? Unknown(kind, id) : _catalog.ClashOf(installed.Plugin);
        installed = problem is null ? installed : null;
        if (installed is not null)
        {
            _used[installed.Plugin.Id] = installed.Plugin;
        }

        return installed is not null;
    }

    /// <inheritdoc cref="TryResolve"/>
    /// <param name="kind">The kind.</param>
    /// <param name="id">The id.</param>
    /// <param name="place">Where it stands, or <see langword="null"/>.</param>
    /// <exception cref="MergeHostException">There is none.</exception>
    public InstalledExport Resolve(ExportKind kind, string id, TextPlace? place) =>
        TryResolve(kind, id, out InstalledExport? installed, out Problem? problem)
            ? installed : throw new MergeHostException([problem with { Place = problem.Place ?? place }]);

    private static PluginInfo? Choose(IEnumerable<PluginInfo> versions, PluginRequirement[] requirements, PluginLock? locked)
    {
        PluginInfo[] accepted =
            [.. versions.Where(plugin => requirements.All(requirement => requirement.Accepts(plugin.Version)))];
        return accepted.Where(plugin => locked?.Find(plugin) is not null).MaxBy(plugin => plugin.Version)
            ?? (requirements.Any(requirement => requirement.Range is not null)
                ? accepted.MaxBy(plugin => plugin.Version)
                : accepted.FirstOrDefault());
    }

    private Problem Unfit(string id, PluginRequirement[] requirements)
    {
        string asked = string.Join(" and ", requirements.Select(requirement => $"'{requirement.Text}'"));
        TextPlace? place = requirements[0].Place;
        string[] installed = [.. _catalog.Plugins.Where(plugin => plugin.Id == id).Select(plugin => plugin.Version.ToString())];
        if (installed.Length > 0)
        {
            return new Problem(ErrorCodes.PluginVersion,
                $"no installed version of plugin '{id}' fits {asked}; installed: {string.Join(", ", installed)}",
                "Install a version that fits, or change the range.", place);
        }

        return Incompatible(plugin => plugin.Id == id)
            ?? new Problem(ErrorCodes.PluginVersion, $"no plugin '{id}' is installed; the recipe uses {asked}",
                Suggestion.Hint(id, _catalog.Plugins.Select(plugin => plugin.Id), ListHint), place);
    }

    private Problem Unknown(ExportKind kind, string id)
    {
        if (Holder(kind, id) is { } holder)
        {
            return _unfit.GetValueOrDefault(holder.Id) ?? new Problem(ErrorCodes.PluginVersion,
                $"{kind.Word()} '{id}' is in plugin {holder}, but {_chosen.Find(plugin => plugin.Id == holder.Id)} is used",
                $"Choose a version that has it, such as `uses: {holder.Id}@{holder.Version}`.");
        }

        if (Incompatible(plugin => Has(plugin, kind, id)) is { } incompatible)
        {
            return incompatible;
        }

        List<string> known = [.. Exports(kind).Select(installed => installed.Export.Id)];
        if (kind == ExportKind.Strategy && FieldMethods.Explain(id, known, ListHint) is var (message, hint))
        {
            return new Problem(ErrorCodes.UnknownStrategy, message, hint);
        }

        ErrorCode code = kind == ExportKind.Strategy ? ErrorCodes.UnknownStrategy : ErrorCodes.PluginVersion;
        return new Problem(code, $"no {kind.Word()} '{id}'", Suggestion.Closest(id, known) is null && known.Count is > 0 and <= MostNamed
            ? $"Installed: {string.Join(", ", known)}." : Suggestion.Hint(id, known, ListHint));
    }

    private PluginInfo? Holder(ExportKind kind, string id) => _catalog.Plugins.FirstOrDefault(plugin => Has(plugin, kind, id));

    private Problem? Incompatible(Func<PluginInfo, bool> isMeant) =>
        _catalog.Incompatible.Where(pair => isMeant(pair.Plugin)).Select(pair => pair.Problem).FirstOrDefault();

    private static bool Has(PluginInfo plugin, ExportKind kind, string id) =>
        plugin.Exports.Any(export => export.Kind == kind && export.Id == id);
}
