using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;
using MergeHost.Plugins;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds the models that recipes name, and opens them.</summary>
/// <remarks>A model that is named twice, or by two paths, is opened once. The readers live as long as the resolver.</remarks>
internal sealed class ModelResolver(PluginSet plugins, PluginHost host) : IDisposable
{
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
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(recipePath))!, reference.Name);
        string? path = new[] { reference.Name, beside }.FirstOrDefault(Path.Exists);
        return path is not null ? Open(reference.Name, path) : throw NotFound(reference, beside);
    }

    /// <summary>Opens a checkpoint at a path.</summary>
    /// <exception cref="MergeHostException">The checkpoint is not there, or cannot be opened.</exception>
    public InputModel Open(string path)
    {
        if (Path.Exists(path))
        {
            return Open(path, path);
        }

        string? closest = Suggestion.Closest(Path.GetFileName(path), Neighbours(Path.GetDirectoryName(Path.GetFullPath(path))!));
        string? hint = closest is null ? null : $"did you mean '{Path.Combine(Path.GetDirectoryName(path) ?? "", closest)}'?";
        throw new CheckpointException(new Problem(ErrorCodes.CheckpointUnreadable, $"{path}: there is no such file or folder", hint));
    }

    public void Dispose() => _readers.ForEach(reader => reader.Dispose());

    private InputModel Open(string name, string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (_models.TryGetValue(full, out InputModel? known))
        {
            return known;
        }

        ICheckpointReader reader = host.Create<ICheckpointFormat>(FindFormat(path)).Open(path);
        _readers.Add(reader);
        Warnings.AddRange(reader.Warnings);
        InputModel model = InputModel.Make(name, full, reader.Tensors, reader.Companions, () => reader) with
        {
            WeightFiles = reader.WeightFiles,
            Metadata = reader.Metadata,
        };
        _models.Add(full, model);
        return model;
    }

    private InstalledExport FindFormat(string path)
    {
        bool isFolder = Directory.Exists(path);
        string[] names = isFolder ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry))] : [Path.GetFileName(path)];
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
        return new Problem(ErrorCodes.UnknownFormat,
            $"{path}: no installed format opens this {(isFolder ? "folder" : "file")}{(content is null ? "" : $", which holds {content.Found}")}",
            content?.Hint ?? $"Installed formats open {string.Join(", ", plugins.Exports(ExportKind.Format).SelectMany(format => format.Export.Files))}.");
    }

    private static ForeignContent? Recognise(string path)
    {
        using WeightFile file = WeightFile.Open(path);
        byte[] head = new byte[Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        return ForeignContent.Recognise(head);
    }

    private static MergeHostException NotFound(ModelReference reference, string beside)
    {
        string name = reference.Name;
        if (name.Contains('+', StringComparison.Ordinal))
        {
            return Missing(ErrorCodes.NotSupported, $"'{name}' adds an adapter to a model, which is not supported yet", "Merge the adapter into its model first.");
        }

        if (name.StartsWith('~') || name.Contains('$', StringComparison.Ordinal))
        {
            return Missing(ErrorCodes.ModelNotFound, $"there is no file or folder '{name}'", "Write the path out: '~' and '$' are not expanded in recipes.");
        }

        string folder = Path.GetDirectoryName(beside)!;
        IEnumerable<string> neighbours = Neighbours(Path.GetDirectoryName(Path.GetFullPath(name))!).Concat(Neighbours(folder)).Distinct();
        string? closest = Suggestion.Closest(Path.GetFileName(name), neighbours);
        if (closest is not null)
        {
            string meant = Path.Combine(Path.GetDirectoryName(name) ?? "", closest);
            return Missing(ErrorCodes.ModelNotFound, $"there is no file or folder '{name}'", $"did you mean '{meant}'?");
        }

        return IsHubId(name) && !Directory.Exists(Path.GetDirectoryName(name))
            ? Missing(ErrorCodes.NotSupported, $"there is no folder '{name}', and models cannot be downloaded from the hub yet",
                $"Download it first, with `hf download {name.Split('@')[0]} --local-dir PATH`, and name the folder.")
            : Missing(ErrorCodes.ModelNotFound, $"there is no file or folder '{name}'",
                $"Paths start at the current folder, and then at the recipe's, '{folder}'.");

        MergeHostException Missing(ErrorCode code, string message, string hint) => new([new Problem(code, message, hint, reference.Place)]);
    }

    private static IEnumerable<string> Neighbours(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)!) : [];

    private static bool IsHubId(string name) =>
        name.Split('@')[0].Split('/') is [{ Length: > 0 } owner, { Length: > 0 } repository]
        && (owner + repository).All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && !owner.StartsWith('.');
}
