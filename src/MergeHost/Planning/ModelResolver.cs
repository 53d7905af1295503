using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;
using MergeHost.Kernels.Reading;
using MergeHost.Models;
using MergeHost.Plugins;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds the models that recipes name, and opens them.</summary>
/// <remarks>A model that is named twice, or by two paths, is opened once. The readers live as long as the resolver.</remarks>
internal sealed class ModelResolver(PluginSet plugins, PluginHost host) : IDisposable
{
    private readonly Dictionary<string, OpenedCheckpoint> _opened = [];
    private readonly Dictionary<string, InputModel> _models = [];
    private readonly List<ICheckpointReader> _readers = [];

    /// <summary>What is odd about the checkpoints that were opened.</summary>
    public List<Problem> Warnings { get; } = [];

    /// <summary>Opens a model that a recipe names.</summary>
    /// <param name="reference">The name.</param>
    /// <param name="recipePath">The recipe; paths start at the current folder, and then at the recipe's.</param>
    /// <exception cref="MergeHostException">The model is not there, or cannot be opened.</exception>
    public InputModel Resolve(ModelReference reference, string recipePath)
    {
        ModelFinder finder = new(reference, FolderOf(recipePath));
        (string model, string[] adapters) = reference.Split(name => finder.TryFind(name) is not null);
        string path = finder.Find(model);
        return Open(reference.Name, path, [.. adapters.Select(adapter => Adapter(adapter, finder)), .. reference.Apply], finder);
    }

    /// <summary>Opens a checkpoint at a path, with adapters as in <c>base+adapter</c>.</summary>
    /// <exception cref="MergeHostException">The checkpoint is not there, or cannot be opened.</exception>
    public InputModel Open(string path)
    {
        ModelFinder finder = new(new ModelReference(path, new TextPlace(path, 1, 1)), null);
        (string model, string[] adapters) = finder.Reference.Split(Path.Exists);
        return Open(path, finder.Find(model), [.. adapters.Select(adapter => Adapter(adapter, finder))], finder);
    }

    /// <summary>Applies what a reference asks for to the result of an earlier stage.</summary>
    /// <exception cref="MergeHostException">A transform or an adapter is not there, or does not suit the result.</exception>
    public InputModel Derive(InputModel stage, ModelReference reference, string recipePath)
    {
        ModelFinder finder = new(reference, FolderOf(recipePath));
        TransformReference[] asked = [.. reference.Split(name => name == stage.Name).Adapters.Select(adapter => Adapter(adapter, finder)), .. reference.Apply];
        return asked.Length == 0 ? stage : InputModel.Of(reference.Name, stage.Path, Apply(new UnmadeCheckpoint(stage.Stored, stage.Companions))) with
        {
            IsMade = false,
            Open = () => Apply(stage.Open()).Reader,
            Derive = made => Apply(made).Reader,
        };

        OpenedCheckpoint Apply(ICheckpointReader checkpoint) => this.Apply(new OpenedCheckpoint(checkpoint, []), asked, finder);
    }

    /// <summary>Keeps a reader until the models are closed.</summary>
    public ICheckpointReader Keep(ICheckpointReader reader)
    {
        _readers.Add(reader);
        return reader;
    }

    public void Dispose() => _readers.ForEach(reader => reader.Dispose());

    private static string FolderOf(string recipePath) => Path.GetDirectoryName(Path.GetFullPath(recipePath))!;

    private InputModel Open(string name, string path, IReadOnlyList<TransformReference> asked, ModelFinder finder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string key = string.Join('\n', asked.Select(transform => transform.ToString()).Prepend(full));
        if (!_models.TryGetValue(key, out InputModel? model))
        {
            _models.Add(key, model = InputModel.Of(name, full, OpenFiles(path, key, asked, finder)));
        }

        return model;
    }

    private OpenedCheckpoint OpenFiles(string path, string key, IReadOnlyList<TransformReference> asked, ModelFinder finder)
    {
        if (!_opened.TryGetValue(key, out OpenedCheckpoint? opened))
        {
            InstalledExport format = FindFormat(path);
            ICheckpointReader reader = Keep(host.Create<ICheckpointFormat>(format).Open(path));
            _opened.Add(key, opened = Apply(new OpenedCheckpoint(reader, [format]), asked, finder));
            Warnings.AddRange(opened.Reader.Warnings);
        }

        return opened;
    }

    private OpenedCheckpoint Apply(OpenedCheckpoint checkpoint, IReadOnlyList<TransformReference> asked, ModelFinder finder)
    {
        OpenedCheckpoint result = new TransformChain(plugins, host, asked, OpenOther).Apply(checkpoint);
        Keep(result.Reader);
        return result;

        OpenedCheckpoint OpenOther(string name)
        {
            string path = finder.Find(name);
            return OpenFiles(path, Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), [], finder);
        }
    }

    private TransformReference Adapter(string name, ModelFinder finder)
    {
        InstalledExport[] transforms = [.. plugins.Exports(ExportKind.Transform).Where(transform => transform.Export.Adapters.Count > 0)];
        if (transforms.Length == 0)
        {
            throw finder.Wrong(ErrorCodes.NotSupported, $"'{finder.Reference.Base}' adds an adapter to a model, and no installed plugin does that",
                "Install a plugin for adapters, or merge the adapter into its model first.");
        }

        string path = finder.Find(name);
        string[] files = NamesAt(path);
        InstalledExport[] fitting =
            [.. transforms.Where(transform => transform.Export.Adapters.Any(pattern => files.Any(file => FileSystemName.MatchesSimpleExpression(pattern, file))))];
        TextPlace at = finder.Reference.Place;
        return fitting switch
        {
            [InstalledExport only] => new TransformReference(only.Export.Id, [(new YamlScalar("path", true, at), new YamlScalar(name, false, at))], finder.Place),
            [] => throw finder.Wrong(ErrorCodes.UnknownFormat, $"'{name}' is no adapter that an installed plugin adds to a model",
                $"Installed plugins look for {string.Join(", ", transforms.SelectMany(transform => transform.Export.Adapters))}."),
            _ => throw finder.Wrong(ErrorCodes.UnknownFormat, $"several transforms add '{name}' to a model ({string.Join(", ", fitting.Select(transform => transform.Export.Id))})",
                $"Choose one by `apply: [{{{fitting[0].Export.Id}: {{path: {name}}}}}]`."),
        };
    }

    private static string[] NamesAt(string path)
    {
        try
        {
            return Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry))] : [Path.GetFileName(path)];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw CheckpointException.Unreadable(path, exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.'), exception);
        }
    }

    private InstalledExport FindFormat(string path)
    {
        bool isFolder = Directory.Exists(path);
        string[] names = NamesAt(path);
        InstalledExport[] fitting =
        [
            .. plugins.Exports(ExportKind.Format)
                .Where(format => (isFolder ? format.Export.Markers : format.Export.Files)
                    .Any(pattern => names.Any(name => FileSystemName.MatchesSimpleExpression(pattern, name))))
                .OrderByDescending(format => format.Export.Preference),
        ];
        if (fitting.Length == 0)
        {
            throw new CheckpointException(Unknown(path, isFolder));
        }

        if (fitting.Length > 1)
        {
            string ids = string.Join(", ", fitting.Select(format => format.Export.Id));
            if (fitting[0].Export.Preference == fitting[1].Export.Preference)
            {
                throw new CheckpointException(new Problem(ErrorCodes.UnknownFormat,
                    $"{path}: the folder holds checkpoints of several formats ({ids})", "Name the file that is meant."));
            }

            Warnings.Add(new Problem(ErrorCodes.CheckpointOddity,
                $"{path}: the folder holds checkpoints of several formats ({ids}); '{fitting[0].Export.Id}' is read",
                "Name a file to read another one.", Severity: Severity.Warning));
        }

        return Resolved(fitting[0]);
    }

    // Counts the plugin as used, so that the lock file and the manifest name it.
    private InstalledExport Resolved(InstalledExport format) =>
        plugins.TryResolve(ExportKind.Format, format.Export.Id, out InstalledExport? installed, out Problem? problem)
            ? installed
            : throw new MergeHostException([problem]);

    private Problem Unknown(string path, bool isFolder)
    {
        ForeignContent? content = isFolder ? null : Recognise(path);
        string what = isFolder ? "folder" : content is null ? "file" : $"file, which holds {content.Found}";
        string patterns = string.Join(", ", plugins.Exports(ExportKind.Format).SelectMany(format => format.Export.Files));
        return new Problem(
            ErrorCodes.UnknownFormat, $"{path}: no installed format opens this {what}",
            $"{(content is null ? "" : content.Hint + " ")}Installed formats open {patterns}.");
    }

    private static ForeignContent? Recognise(string path)
    {
        using WeightFile file = WeightFile.Open(path);
        byte[] head = new byte[Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        return ForeignContent.Recognise(head);
    }
}
