using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models;

/// <summary>A model that takes part in a merge: what its headers tell, and how its data is read.</summary>
/// <param name="Name">As the recipe has it.</param>
/// <param name="Path">The file or folder; for an earlier stage, the folder it will be in.</param>
/// <param name="Tensors">By name.</param>
/// <param name="Companions">Configuration and tokenizer.</param>
/// <param name="Open">Opens the checkpoint, for an earlier stage only once that has run; it stays open as long as the session does.</param>
internal sealed record InputModel(
    string Name, string Path, IReadOnlyDictionary<string, TensorInfo> Tensors, IReadOnlyList<CompanionFile> Companions,
    Func<ICheckpointReader> Open)
{
    private InputModel? _whole;

    /// <summary>Tensor names in the order in which they are stored.</summary>
    public required IReadOnlyList<TensorInfo> Stored { get; init; }

    /// <summary>The files that hold the weights; none for an earlier stage.</summary>
    public IReadOnlyList<string> WeightFiles { get; init; } = [];

    /// <inheritdoc cref="ICheckpointReader.Identity"/>
    public string Identity { get; init; } = "";

    /// <summary>The format and the transforms that read it; none for an earlier stage.</summary>
    public IReadOnlyList<InstalledExport> Exports { get; init; } = [];

    /// <summary>The transforms among <see cref="Exports"/>, for people.</summary>
    public IEnumerable<string> Transforms =>
        Exports.Where(export => export.Export.Kind == ExportKind.Transform)
            .Select(export => $"{export.Export.Id} ({export.Plugin.Id} {export.Plugin.Version})");

    /// <inheritdoc cref="OpenedCheckpoint.Consumed"/>
    public IReadOnlyList<(TensorInfo Tensor, string Transform)> Consumed { get; init; } = [];

    /// <inheritdoc cref="OpenedCheckpoint.Widened"/>
    public IReadOnlyDictionary<string, DType> Widened { get; init; } = new Dictionary<string, DType>();

    /// <inheritdoc cref="OpenedCheckpoint.Unpacked"/>
    public IUnpackedCheckpoint? Unpacked { get; init; }

    /// <inheritdoc cref="OpenedCheckpoint.Factored"/>
    public IFactoredCheckpoint? Factored { get; init; }

    /// <summary>Whether it is what an adapter changes in a base, and no model.</summary>
    public bool IsChange => Exports.Any(export => export.Export.Kind == ExportKind.Transform && export.Export.Changes.Count > 0);

    /// <inheritdoc cref="OpenedCheckpoint.IsAsStored"/>
    public bool IsAsStored { get; init; }

    /// <summary>Whether data can be read while planning; that of an earlier stage cannot.</summary>
    public bool IsMade { get; init; } = true;

    /// <summary>Makes the model of the checkpoint that an earlier stage made.</summary>
    public Func<ICheckpointReader, ICheckpointReader> Derive { get; init; } = made => made;

    /// <summary>The files with weights and those beside them, as they were when they were opened; none for an earlier stage.</summary>
    public IReadOnlyList<InputFile> Files { get; init; } = [];

    /// <summary>The checkpoints of stores that it is read from, in the revisions that they are.</summary>
    public IEnumerable<string> Origins => Files.Select(file => file.Store?.Path).OfType<string>().Distinct();

    /// <summary>What the headers say beside tensors; nothing for an earlier stage.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>The layers that the names tell of.</summary>
    public required IReadOnlyList<LayerStack> Stacks { get; init; }

    /// <summary>The model that this one is a part of, or itself.</summary>
    public InputModel Whole => _whole ?? this;

    /// <summary>How many layers the largest stack has.</summary>
    public int LayerCount => Stacks.Count == 0 ? 0 : Stacks[0].Numbers.Count;

    /// <summary><c>config.json</c>, or <see langword="null"/> if there is none.</summary>
    public JsonObject? Config { get; init; }

    /// <summary>Whether the output head is the embedding, so that it needs no tensor of its own.</summary>
    /// <remarks>Bytes are read, once and up to the first difference, where <c>config.json</c> says so and
    /// there is such a tensor all the same.</remarks>
    public bool TiesEmbeddings => Tie.Value;

    private Lazy<bool> Tie { get; init; } = new(false);

    /// <summary>Some of the model's tensors, as a model.</summary>
    public InputModel Part(Func<string, bool> holds)
    {
        TensorInfo[] stored = [.. Stored.Where(tensor => holds(tensor.Name))];
        return this with
        {
            _whole = Whole,
            Stored = stored,
            Tensors = stored.ToDictionary(tensor => tensor.Name),
            Stacks = LayerStack.Find(stored, LayerFields.CountWithoutPredictors(Config)),
        };
    }

    public static InputModel Make(
        string name, string path, IReadOnlyList<TensorInfo> tensors, IReadOnlyList<CompanionFile> companions, Func<ICheckpointReader> open)
    {
        JsonObject? config = ReadJson(name, companions, "config.json");
        return new(name, path, tensors.ToDictionary(tensor => tensor.Name), companions, open)
        {
            Stored = tensors,
            Stacks = LayerStack.Find(tensors, LayerFields.CountWithoutPredictors(config)),
            Config = config,
            Tie = new Lazy<bool>(() => OutputHead.IsEmbedding(tensors, config, open)),
        };
    }

    /// <summary>The layer that a tensor belongs to; <see langword="null"/> outside of the largest stack.</summary>
    public LayerTensorName? LayerOf(string tensor) =>
        Stacks.Count > 0 && LayerTensorName.Parse(tensor) is { } name && Stacks[0].Holds(name) ? name : null;

    /// <summary>The model of an open checkpoint.</summary>
    public static InputModel Of(string name, string path, OpenedCheckpoint opened) =>
        Make(name, path, opened.Reader.Tensors, opened.Reader.Companions, () => opened.Reader) with
        {
            WeightFiles = opened.WeightFiles,
            Files = [.. opened.Files.Select(file => InputFile.Of(name, path, file))],
            Identity = opened.Identity,
            Metadata = opened.Reader.Metadata,
            Exports = opened.Exports,
            Consumed = opened.Consumed,
            Widened = opened.Widened,
            Unpacked = opened.Unpacked,
            Factored = opened.Factored,
            IsAsStored = opened.IsAsStored,
        };

    /// <summary>The same model, with the tensors that an alignment made of its own.</summary>
    /// <param name="reader">Reads them.</param>
    /// <param name="alignment">What made them.</param>
    /// <param name="derive">Makes them of the checkpoint that an earlier stage made.</param>
    public InputModel Aligned(ICheckpointReader reader, InstalledExport alignment, Func<ICheckpointReader, ICheckpointReader> derive) =>
        this with
        {
            _whole = null,
            Stored = reader.Tensors,
            Tensors = reader.Tensors.ToDictionary(tensor => tensor.Name),
            Open = () => reader,
            Derive = derive,
            Exports = [.. Exports, alignment],
            Identity = string.Join('\n', [Identity, reader.Identity]),
            Widened = reader.Tensors.Where(tensor => Tensors.TryGetValue(tensor.Name, out TensorInfo? own) && own.DType != tensor.DType)
                .Select(tensor => KeyValuePair.Create(tensor.Name, Widened.GetValueOrDefault(tensor.Name, Tensors[tensor.Name].DType)))
                .Concat(Widened).DistinctBy(pair => pair.Key).ToDictionary(),
        };

    /// <summary>Reads a companion as a JSON object; <see langword="null"/> if there is none of that name.</summary>
    /// <exception cref="CheckpointException">It is no JSON object.</exception>
    public JsonObject? ReadJson(string file) => ReadJson(Name, Companions, file);

    /// <summary>The tensor of a name; for a tied head, the embedding that stands in for it.</summary>
    public TensorInfo? Find(string name)
    {
        if (Tensors.TryGetValue(name, out TensorInfo? tensor))
        {
            return tensor;
        }

        return OutputHead.IsWeight(name) && TiesEmbeddings
            ? Stored.FirstOrDefault(stored => TensorRoles.Of(stored.Name) == TensorRole.Embedding)
            : null;
    }

    // A model is itself alone. It is the key of tables by the tensor, and names and identities may be long.
    public bool Equals(InputModel? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    private static JsonObject? ReadJson(string name, IReadOnlyList<CompanionFile> companions, string file)
    {
        try
        {
            return companions.FirstOrDefault(companion => companion.Name == file)?.ReadJson();
        }
        catch (CheckpointException exception)
        {
            Problem problem = exception.Problems[0];
            throw new CheckpointException(problem with { Message = $"'{name}': {problem.Message}" }, exception);
        }
    }
}

/// <summary>Layers that are numbered one after the other.</summary>
/// <param name="Prefix">What their names begin with, such as <c>model.layers.</c>.</param>
/// <param name="Numbers">The layers' numbers, ascending.</param>
internal sealed record LayerStack(string Prefix, IReadOnlyList<int> Numbers)
{
    private readonly Dictionary<int, int> _places = Numbers.Index().ToDictionary(layer => layer.Item, layer => layer.Index);

    /// <summary>Where a layer lies between the first, at 0, and the last, at 1; a single layer lies at 1.</summary>
    public double Position(int number) => Numbers.Count == 1 ? 1 : (double)_places[number] / (Numbers.Count - 1);

    /// <summary>Whether a tensor belongs to one of the layers.</summary>
    public bool Holds(LayerTensorName name) => name.Stack == Prefix && _places.ContainsKey(name.Layer);

    /// <summary>The stacks of a checkpoint, the one with the most tensors first.</summary>
    /// <remarks>
    /// A layer has modules in modules, such as <c>.self_attn.q_proj.weight</c>. Numbered projections, norms and mergers beside the layers
    /// have none, and are no stack unless nothing else is numbered.
    /// </remarks>
    /// <param name="tensors">The tensors.</param>
    /// <param name="count">How many layers the largest stack has, if that is known; those after them
    /// predict further tokens, and are none.</param>
    public static IReadOnlyList<LayerStack> Find(IEnumerable<TensorInfo> tensors, int count = int.MaxValue)
    {
        List<IGrouping<string, LayerTensorName>> numbered =
            [.. tensors.Select(tensor => LayerTensorName.Parse(tensor.Name)).OfType<LayerTensorName>().GroupBy(name => name.Stack)];
        List<IGrouping<string, LayerTensorName>> deep =
            numbered.FindAll(stack => stack.Any(name => name.Rest.Count(letter => letter == '.') >= 3));
        return
        [
            .. (deep.Count > 0 ? deep : numbered)
                .OrderByDescending(stack => stack.Count()).ThenBy(stack => stack.Key, StringComparer.Ordinal)
                .Select((stack, index) => new LayerStack(stack.Key,
                    [.. stack.Select(name => name.Layer).Distinct().Where(layer => index > 0 || layer < count).Order()])),
        ];
    }
}
