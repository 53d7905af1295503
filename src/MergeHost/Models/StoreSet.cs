using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage.Folders;

namespace MergeHost.Models;

/// <summary>Finds the files of checkpoints: those of this machine first, then those of the stores that plugins export.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
internal sealed class StoreSet(PluginSet plugins, PluginHost host)
{
    private readonly Dictionary<string, ICheckpointStore> _stores = [];
    private readonly SortedDictionary<string, string> _found = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>What names stand for, where they do not stand for themselves.</summary>
    public IReadOnlyDictionary<string, string> Pins { get; set; } = new Dictionary<string, string>();

    /// <summary>The names that were found in stores, each with that of the revision that it is.</summary>
    public IReadOnlyDictionary<string, string> Found => _found;

    /// <summary>Finds files on this machine.</summary>
    public static FoundFiles? Local(string path) => Path.Exists(path)
        ? new FoundFiles(LocalCheckpointFiles.At(path), Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), null)
        : null;

    /// <summary>Asks the stores for a name, in the order of their ids.</summary>
    /// <exception cref="MergeHostException">A store cannot be reached, refuses or fails.</exception>
    public FoundFiles? Remote(string name)
    {
        string pinned = Pins.GetValueOrDefault(name, name);
        foreach (InstalledExport installed in StoresFor(pinned))
        {
            if (Ask(installed, name, store => store.Find(pinned)) is not { } files)
            {
                continue;
            }

            lock (_lock)
            {
                // Counts the plugin as used, so that the lock file and the manifest name it.
                if (plugins.TryResolve(ExportKind.Store, installed.Export.Id, out _, out _))
                {
                    _found[name] = files.Path;
                    return new FoundFiles(files, files.Path, installed);
                }
            }
        }

        return null;
    }

    /// <summary>Asks the stores which names may fit a pattern, in the order of their ids; the first that knows any is believed.</summary>
    /// <inheritdoc cref="Remote"/>
    public IReadOnlyList<string> List(string pattern) =>
        StoresFor(pattern).Select(installed => Ask(installed, pattern, store => store.List(pattern)))
            .FirstOrDefault(names => names.Count > 0) ?? [];

    /// <summary>Asks each store that can do something, in the order of their ids.</summary>
    /// <typeparam name="T">What stores implement that can do it.</typeparam>
    /// <typeparam name="TResult">What comes of it.</typeparam>
    /// <exception cref="MergeHostException">A store cannot be reached, refuses or fails.</exception>
    public IEnumerable<TResult> Ask<T, TResult>(Func<T, TResult> work)
        where T : class =>
        plugins.Exports(ExportKind.Store).Where(installed => Ask(installed, null, store => store is T))
            .Select(installed => Ask(installed, null, store => work((T)store)));

    private IEnumerable<InstalledExport> StoresFor(string name)
    {
        bool isLocal = name.Length == 0 || name[0] is '.' or '/' or '~' || Path.IsPathRooted(name);
        return isLocal ? [] : plugins.Exports(ExportKind.Store)
            .Where(store => store.Export.Names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)));
    }

    private T Ask<T>(InstalledExport installed, string? name, Func<ICheckpointStore, T> ask)
    {
        ICheckpointStore? store;
        lock (_lock)
        {
            if (!_stores.TryGetValue(installed.Export.Id, out store))
            {
                _stores.Add(installed.Export.Id, store = host.Create<ICheckpointStore>(installed));
            }
        }

        return PluginCall.Run(installed, name is null ? null : $"'{name}'", () => ask(store));
    }
}

/// <summary>The files of a checkpoint.</summary>
/// <param name="Files">The files.</param>
/// <param name="Path">The full path, or the address, that tells the checkpoint from all others.</param>
/// <param name="Store">The store that has them; <see langword="null"/> for those of this machine.</param>
internal sealed record FoundFiles(CheckpointFiles Files, string Path, InstalledExport? Store);
