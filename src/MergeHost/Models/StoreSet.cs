using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Plugins;
using MergeHost.Storage.Folders;

namespace MergeHost.Models;

/// <summary>Finds the files of checkpoints: those of this machine first, then those of the stores that plugins export.</summary>
internal sealed class StoreSet(PluginSet plugins, PluginHost host)
{
    private readonly Dictionary<string, ICheckpointStore> _stores = [];

    /// <summary>Finds files on this machine.</summary>
    public static FoundFiles? Local(string path) => Path.Exists(path)
        ? new FoundFiles(LocalCheckpointFiles.At(path), Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), null)
        : null;

    /// <summary>Asks the stores for a name, in the order of their ids.</summary>
    /// <exception cref="MergeHostException">A store cannot be reached, refuses or fails.</exception>
    public FoundFiles? Remote(string name)
    {
        bool isLocal = name.Length == 0 || name[0] is '.' or '/' or '~' || Path.IsPathRooted(name);
        return isLocal ? null : plugins.Exports(ExportKind.Store)
            .Where(store => store.Export.Names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
            .Select(store => Ask(store, name)).FirstOrDefault(found => found is not null);
    }

    private FoundFiles? Ask(InstalledExport installed, string name)
    {
        CheckpointFiles? files;
        try
        {
            if (!_stores.TryGetValue(installed.Export.Id, out ICheckpointStore? store))
            {
                _stores.Add(installed.Export.Id, store = host.Create<ICheckpointStore>(installed));
            }

            files = store.Find(name);
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            throw PluginMistake.Failed(ErrorCodes.StoreBroken, installed, exception, $"'{name}'");
        }

        return files is not null && plugins.TryResolve(ExportKind.Store, installed.Export.Id, out _, out _) ? new FoundFiles(files, files.Path, installed) : null;
    }
}

/// <summary>The files of a checkpoint.</summary>
/// <param name="Files">The files.</param>
/// <param name="Path">The full path, or the address, that tells the checkpoint from all others.</param>
/// <param name="Store">The store that has them; <see langword="null"/> for those of this machine.</param>
internal sealed record FoundFiles(CheckpointFiles Files, string Path, InstalledExport? Store);
