using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Storage.Folders;

namespace MergeHost.Models;

/// <summary>The one way in which checkpoints are opened: a format reads the files, transforms change what is read.</summary>
/// <remarks>The readers live as long as the opener.</remarks>
internal sealed class CheckpointOpener(PluginSet plugins, PluginHost host) : IDisposable
{
    // So many folders are shown in a hint.
    private const int MostNamed = 8;

    private readonly Dictionary<string, OpenedCheckpoint> _opened = [];
    private readonly Dictionary<string, Ahead> _ahead = [];
    private readonly List<ICheckpointReader> _readers = [];

    /// <summary>What is odd about the checkpoints that were opened.</summary>
    public List<Problem> Warnings { get; } = [];

    /// <summary>Reads the headers and the configuration of checkpoints together; what fails is reported by <see cref="Open"/>.</summary>
    public void OpenAhead(IEnumerable<FoundFiles> found)
    {
        HashSet<string> known = [.. _opened.Keys.Select(key => key.Split('\n')[0]), .. _ahead.Keys];
        foreach (FoundFiles files in found.Where(files => known.Add(files.Path)))
        {
            try
            {
                InstalledExport format = FindFormat(files.Files);
                _ahead.Add(files.Path, new Ahead(files, format, new Lazy<ICheckpointReader>(() => Read(files, format))));
            }
            catch (MergeHostException)
            {
                // Reported by Open, where it is in order.
            }
        }

        Together.Select([.. _ahead.Values], ahead =>
        {
            try
            {
                ahead.Reader.Value.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadBytes();
            }
            catch (MergeHostException)
            {
                // Reported by Open, or by who reads the configuration.
            }

            return ahead;
        });
    }

    /// <summary>Opens a checkpoint, or finds the one that was opened before.</summary>
    /// <param name="found">Its files.</param>
    /// <param name="asked">The transforms that are asked for.</param>
    /// <param name="find">Finds the files of checkpoints that transforms open.</param>
    /// <exception cref="MergeHostException">It cannot be opened.</exception>
    public OpenedCheckpoint Open(FoundFiles found, IReadOnlyList<TransformReference> asked, Func<string, FoundFiles> find)
    {
        string key = string.Join('\n', asked.Select(transform => transform.ToString()).Prepend(found.Path));
        if (!_opened.TryGetValue(key, out OpenedCheckpoint? opened))
        {
            (found, InstalledExport format, ICheckpointReader reader) = Taken(found);
            OpenedCheckpoint plain = new(reader, [.. found.Store is null ? (InstalledExport[])[] : [found.Store], format])
            {
                Files = OpenedCheckpoint.FilesOf(reader, found.Store is null ? null : found.Files),
            };
            _opened.Add(key, opened = Apply(plain, asked, find));
            Warnings.AddRange(opened.Reader.Warnings);
        }

        return opened;
    }

    /// <summary>Applies the transforms that recognise a checkpoint, and those that are asked for.</summary>
    /// <inheritdoc cref="Open"/>
    public OpenedCheckpoint Apply(OpenedCheckpoint checkpoint, IReadOnlyList<TransformReference> asked, Func<string, FoundFiles> find)
    {
        OpenedCheckpoint result = new TransformChain(plugins, host, asked, name => Open(find(name), [], find)).Apply(checkpoint);
        Keep(result.Reader);
        return result;
    }

    /// <summary>Keeps a reader until the opener is disposed.</summary>
    public ICheckpointReader Keep(ICheckpointReader reader)
    {
        _readers.Add(reader);
        return reader;
    }

    public void Dispose()
    {
        foreach (Ahead ahead in _ahead.Values.Where(ahead => ahead.Reader.IsValueCreated))
        {
            ahead.Reader.Value.Dispose();
        }

        _readers.ForEach(reader => reader.Dispose());
    }

    // Files that were found again are others to their store: those that the reader reads are the ones to stream or to fetch.
    private (FoundFiles Found, InstalledExport Format, ICheckpointReader Reader) Taken(FoundFiles found)
    {
        if (_ahead.Remove(found.Path, out Ahead? ahead))
        {
            return (ahead.Found, ahead.Format, Keep(ahead.Reader.Value));
        }

        InstalledExport format = FindFormat(found.Files);
        return (found, format, Keep(Read(found, format)));
    }

    private ICheckpointReader Read(FoundFiles found, InstalledExport format) =>
        PluginCall.Run(format, $"'{found.Path}'", () => host.Create<ICheckpointFormat>(format).Open(found.Files));

    private InstalledExport FindFormat(CheckpointFiles files)
    {
        string[] names = files.Named is { } named ? [named]
            : ModelParts.Find(files) is { Main.Length: > 0 } parts ? [.. files.NamesIn(parts.Main)] : [.. files.Names, .. files.Folders];
        InstalledExport[] fitting = [.. Fitting(names, isFolder: files.Named is null)];
        if (fitting.Length == 0)
        {
            throw new CheckpointException(Unknown(files));
        }

        if (fitting.Length > 1)
        {
            string ids = string.Join(", ", fitting.Select(format => format.Export.Id));
            if (fitting[0].Export.Preference == fitting[1].Export.Preference)
            {
                throw new CheckpointException(new Problem(ErrorCodes.UnknownFormat,
                    $"{files.Path}: the folder holds checkpoints of several formats ({ids})", "Name the file that is meant."));
            }

            Warnings.Add(new Problem(ErrorCodes.CheckpointOddity,
                $"{files.Path}: the folder holds checkpoints of several formats ({ids}); '{fitting[0].Export.Id}' is read",
                "Name a file to read another one.", Severity: Severity.Warning));
        }

        // Counts the plugin as used, so that the lock file and the manifest name it.
        return plugins.Resolve(ExportKind.Format, fitting[0].Export.Id, null);
    }

    private IOrderedEnumerable<InstalledExport> Fitting(IReadOnlyList<string> names, bool isFolder) => plugins.Exports(ExportKind.Format)
        .Where(format => (isFolder ? format.Export.Markers : format.Export.Files)
            .Any(pattern => names.Any(name => FileSystemName.MatchesSimpleExpression(pattern, name))))
        .OrderByDescending(format => format.Export.Preference);

    private Problem Unknown(CheckpointFiles files)
    {
        ForeignContent? content = files.Named is { } named ? Recognise(files, named) : null;
        string what = files.Named is null ? "folder" : content is null ? "file" : $"file, which is {content.Found}";
        if (Snapshot(files) is { } snapshot)
        {
            return new Problem(
                ErrorCodes.UnknownFormat,
                $"{files.Path}: this is a folder of the hub's cache, which keeps models in folders below 'snapshots'",
                $"Name '{snapshot}'.");
        }

        if (content is null && ForeignContent.ByName(files.Named is { } file ? [file] : files.Names) is var (name, foreign))
        {
            return new Problem(ErrorCodes.UnknownFormat,
                $"{files.Path}: {(files.Named is null ? $"'{name}' is" : "this is")} {foreign.Found}, which no installed format reads",
                foreign.Hint);
        }

        if (files.Named is not null && Fitting(files.Names, isFolder: true).Any())
        {
            return new Problem(ErrorCodes.UnknownFormat, $"{files.Path}: no installed format opens this {what}",
                $"Name its folder, '{files.Location}', which holds a checkpoint.");
        }

        string[] below = files.Named is null
            ? [.. files.Folders.Where(folder => Fitting(files.NamesIn(folder), isFolder: true).Any())]
            : [];
        if (below.Length > 0)
        {
            string more = below.Length > MostNamed ? $" and {below.Length - MostNamed} more" : "";
            return new Problem(ErrorCodes.UnknownFormat, $"{files.Path}: no installed format opens this {what}",
                $"Name a folder in it that holds a checkpoint: {string.Join(", ", below.Take(MostNamed))}{more}.");
        }

        string patterns = string.Join(", ", plugins.Exports(ExportKind.Format).SelectMany(format => format.Export.Files));
        return new Problem(
            ErrorCodes.UnknownFormat, $"{files.Path}: no installed format opens this {what}",
            $"{(content is null ? "" : content.Hint + " ")}Installed formats open {patterns}.");
    }

    // The newest, which is the one that a download without a revision gave.
    private static string? Snapshot(CheckpointFiles files) =>
        files is LocalCheckpointFiles { Named: null } local && local.Folders.Contains("snapshots")
        ? new DirectoryInfo(local.PathOf("snapshots")).EnumerateDirectories().MaxBy(folder => folder.LastWriteTimeUtc) is { } newest
            ? Path.Combine(local.PathOf("snapshots"), newest.Name)
            : null
        : null;

    private static ForeignContent? Recognise(CheckpointFiles files, string name)
    {
        using CheckpointFile file = files.Open(name);
        byte[] head = new byte[Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        return ForeignContent.Recognise(head);
    }

    /// <summary>A checkpoint whose headers are read before it is opened.</summary>
    private sealed record Ahead(FoundFiles Found, InstalledExport Format, Lazy<ICheckpointReader> Reader);
}
