using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Storage.Text;

namespace MergeHost.Models;

/// <summary>Finds the models that recipes name, and opens them.</summary>
/// <remarks>A model that is named twice, or by two paths, is opened once. The readers live as long as the resolver.</remarks>
internal sealed class ModelResolver(PluginSet plugins, PluginHost host) : IDisposable
{
    private readonly CheckpointOpener _opener = new(plugins, host);
    private readonly Dictionary<OpenedCheckpoint, InputModel> _models = [];

    /// <summary>Where names that are no local paths are looked for.</summary>
    public StoreSet Stores { get; } = new(plugins, host);

    /// <summary>What is odd about the checkpoints that were opened.</summary>
    public List<Problem> Warnings => _opener.Warnings;

    /// <summary>Opens a model that a recipe names.</summary>
    /// <param name="reference">The name.</param>
    /// <param name="recipePath">The recipe; paths start at the current folder, and then at the recipe's.</param>
    /// <exception cref="MergeHostException">The model is not there, or cannot be opened.</exception>
    public InputModel Resolve(ModelReference reference, string recipePath) => Open(FinderOf(reference, recipePath));

    /// <summary>Finds the files of a model that a recipe names; none is opened yet.</summary>
    /// <exception cref="MergeHostException">The model is not there, or a store cannot be reached.</exception>
    public FoundFiles Find(ModelReference reference, string recipePath)
    {
        // What is odd about a name is told when it is opened; here several threads look for names.
        ModelFinder finder = FinderOf(reference, recipePath) with { Warnings = [] };
        return finder.Find(finder.Reference.Split(finder.IsLocal).Model);
    }

    /// <summary>Finds the files of several models together.</summary>
    /// <returns>For each its files, or what <see cref="Find(ModelReference, string)"/> throws.</returns>
    public IReadOnlyList<(FoundFiles? Found, MergeHostException? Failure)> Find(IReadOnlyList<ModelReference> references,
        string recipePath) =>
        Together.Select<ModelReference, (FoundFiles?, MergeHostException?)>(references, reference =>
        {
            try
            {
                return (Find(reference, recipePath), null);
            }
            catch (MergeHostException exception)
            {
                return (null, exception);
            }
        });

    /// <inheritdoc cref="CheckpointOpener.OpenAhead"/>
    public void OpenAhead(IEnumerable<FoundFiles> found) => _opener.OpenAhead(found);

    /// <summary>Opens a checkpoint by the name that the command line has, with adapters as in <c>base+adapter</c>.</summary>
    /// <exception cref="MergeHostException">The checkpoint is not there, or cannot be opened.</exception>
    public InputModel Open(string name) =>
        Open(new ModelFinder(new ModelReference(name, new TextPlace(name, 1, 1)), null, Stores, Warnings));

    /// <summary>Opens a checkpoint as <see cref="Open(string)"/> does, but an adapter by itself as what it changes.</summary>
    /// <param name="name">The checkpoint's name.</param>
    /// <param name="base">The base that an adapter is added to; <see langword="null"/> for the change alone.</param>
    /// <exception cref="MergeHostException">The checkpoint is not there, or cannot be opened.</exception>
    public InputModel OpenChanged(string name, string? @base)
    {
        InputModel model = Open(name);
        if (plugins.Exports(ExportKind.Transform)
            .FirstOrDefault(transform => model.Companions.Any(file => Matches(transform.Export.Changes, file.Name))) is not { } found)
        {
            return model;
        }

        return @base is null
            ? Open(new ModelFinder(new ModelReference(name, new TextPlace(name, 1, 1))
            {
                Apply = [new TransformReference(found.Export.Id, [], null)]
            }, null, Stores, Warnings))
            : Open($"{@base}+{name}");
    }

    /// <summary>Applies what a reference asks for to the result of an earlier stage.</summary>
    /// <exception cref="MergeHostException">A transform or an adapter is not there, or does not suit the result.</exception>
    public InputModel Derive(InputModel stage, ModelReference reference, string recipePath)
    {
        ModelFinder finder = FinderOf(reference, recipePath);
        TransformReference[] asked = Asked(reference.Split(name => name == stage.Name).Adapters, finder);
        return asked.Length == 0
            ? stage
            : InputModel.Of(reference.Name, stage.Path, Apply(new UnmadeCheckpoint(stage.Stored, stage.Companions))) with
            {
                IsMade = false,
                Open = () => Apply(stage.Open()).Reader,
                Derive = made => Apply(made).Reader,
            };

        OpenedCheckpoint Apply(ICheckpointReader checkpoint) => _opener.Apply(new OpenedCheckpoint(checkpoint, []), asked, finder.Find);
    }

    /// <inheritdoc cref="CheckpointOpener.Keep"/>
    public ICheckpointReader Keep(ICheckpointReader reader) => _opener.Keep(reader);

    public void Dispose() => _opener.Dispose();

    private ModelFinder FinderOf(ModelReference reference, string recipePath) =>
        new(reference, Path.GetDirectoryName(Path.GetFullPath(recipePath))!, Stores, Warnings);

    private InputModel Open(ModelFinder finder)
    {
        (string name, string[] adapters) = finder.Reference.Split(finder.IsLocal);
        FoundFiles found = finder.Find(name);
        OpenedCheckpoint opened = _opener.Open(found, Asked(adapters, finder), finder.Find);
        if (!_models.TryGetValue(opened, out InputModel? model))
        {
            _models.Add(opened, model = InputModel.Of(finder.Reference.Name, found.Path, opened));
        }

        return model;
    }

    private TransformReference[] Asked(string[] adapters, ModelFinder finder) =>
        [.. adapters.Select(adapter => Adapter(adapter, finder)), .. finder.Reference.Apply];

    private TransformReference Adapter(string text, ModelFinder finder)
    {
        (string name, string? scale) = Scaled(text, finder);
        InstalledExport[] transforms = [.. plugins.Exports(ExportKind.Transform).Where(transform => transform.Export.Adapters.Count > 0)];
        if (transforms.Length == 0)
        {
            throw finder.Wrong(ErrorCodes.NotSupported,
                $"'{finder.Reference.Base}' adds an adapter to a model, and no installed plugin does that",
                "Install a plugin for adapters, or merge the adapter into its model first.");
        }

        CheckpointFiles files = finder.Find(name).Files;
        IReadOnlyList<string> names = files.Named is null ? files.Names : [Path.GetFileName(name)];
        string? inside = files.Named is not null ? null
            : files.Folders.Order(StringComparer.Ordinal)
                .FirstOrDefault(folder => files.NamesIn(folder)
                    .Any(file => transforms.Any(transform => Matches(transform.Export.Adapters, file))));
        InstalledExport[] fitting =
            [.. transforms.Where(transform => names.Any(file => Matches(transform.Export.Adapters, file)))];
        TextPlace at = finder.Reference.Place;
        return fitting switch
        {
            [InstalledExport only] => new TransformReference(only.Export.Id,
                [(Scalar("path"), Scalar(name)), .. scale is null ? ((YamlScalar, YamlNode)[])[] : [(Scalar("scale"), Scalar(scale))]],
                finder.Place),
            [] => throw finder.Wrong(ErrorCodes.UnknownFormat, $"'{name}' is no adapter that an installed plugin adds to a model",
                inside is null
                    ? $"Installed plugins look for {string.Join(", ", transforms.SelectMany(transform => transform.Export.Adapters))}."
                    : $"Name the folder of one adapter, such as '{name}/{inside}'."),
            _ => throw finder.Wrong(ErrorCodes.UnknownFormat,
                $"several transforms add '{name}' to a model ({string.Join(", ", fitting.Select(transform => transform.Export.Id))})",
                $"Choose one by `apply: [{{{fitting[0].Export.Id}: {{path: {name}}}}}]`."),
        };

        YamlScalar Scalar(string value) => new(value, true, at);
    }

    private static bool Matches(IReadOnlyList<string> patterns, string file) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, file));

    // `adapter*0.5`, unless there is a file or folder of that name.
    private static (string Name, string? Scale) Scaled(string text, ModelFinder finder) =>
        text.LastIndexOf('*') is var star and > 0 && !finder.IsLocal(text)
            ? (text[..star].TrimEnd(), text[(star + 1)..].TrimStart())
            : (text, null);
}
