using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Packings;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Strategies;

namespace MergeHost.Plans;

/// <summary>A recipe checked against real headers: what will be read, done and written.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Stages">One plan a stage, in the order in which they run; the last makes the output.</param>
/// <param name="Output">Where the output comes to lie.</param>
/// <param name="Warnings">What is worth knowing, though nothing stands in the way.</param>
internal sealed record MergePlan(Recipe Recipe, IReadOnlyList<StagePlan> Stages, OutputPlace Output, IReadOnlyList<Problem> Warnings)
{
    /// <summary>The stages up to and with one.</summary>
    public IEnumerable<StagePlan> UpTo(StagePlan stage) => Stages.TakeWhile(other => other.Stage != stage.Stage).Append(stage);

    /// <summary>All files that are read.</summary>
    public IReadOnlyList<InputFile> InputFiles => InputFilesOf(Stages[^1]);

    /// <summary>The files that a stage and those before it read, each once.</summary>
    /// <exception cref="CheckpointException">A file that options of a format name is not there any more.</exception>
    public IReadOnlyList<InputFile> InputFilesOf(StagePlan stage) =>
    [
        .. UpTo(stage).SelectMany(earlier => earlier.Models).SelectMany(model => model.Files)
            .Concat(UpTo(stage).SelectMany(earlier => earlier.Alignments).SelectMany(alignment => alignment.Others)
            .Concat(UpTo(stage).SelectMany(earlier => earlier.Auxiliaries)).SelectMany(model => model.Files))
            .Concat(UpTo(stage).SelectMany(earlier => earlier.FormatFiles).Select(path => InputFile.Of(path, path)))
            .DistinctBy(file => file.Path),
    ];
}

/// <summary>The plan of one stage.</summary>
internal sealed record StagePlan
{
    public required RecipeStage Stage { get; init; }

    /// <summary>The strategy, or the builder where none is named, and the plugin it comes from.</summary>
    public required InstalledExport Strategy { get; init; }

    /// <summary>The builder that planned the tensors, or <see langword="null"/>.</summary>
    public InstalledExport? Builder { get; init; }

    /// <summary>The runtime that runs models for the builder, or <see langword="null"/>.</summary>
    public InstalledExport? Runtime { get; init; }

    /// <summary>How the output is checked once it is written, or <see langword="null"/> if it is not.</summary>
    public StageCheck? Check { get; init; }

    /// <summary>The format of the output, and the plugin it comes from.</summary>
    public required InstalledExport Format { get; init; }

    /// <summary>The files that the format's options name.</summary>
    public IReadOnlyList<string> FormatFiles { get; init; } = [];

    /// <summary>The type that the output's name asks for, where the recipe says none.</summary>
    public string? NamedType { get; init; }

    /// <summary>The transform that the output is packed through, and the plugin it comes from;
    /// <see langword="null"/> for plain output.</summary>
    public InstalledExport? Packing { get; init; }

    /// <summary>How the output is packed; <see langword="null"/> for plain output.</summary>
    public PackedCheckpoint? Packed { get; init; }

    /// <summary>What is done to merged tensors at the end, in order.</summary>
    public IReadOnlyList<StageStep> Then { get; init; } = [];

    /// <summary>Which of the tensors are merged, or <see langword="null"/> for all.</summary>
    public SelectionPlan? Selection { get; init; }

    /// <summary>What made the models alike, in order.</summary>
    public IReadOnlyList<StageAlignment> Alignments { get; init; } = [];

    /// <summary>What takes part in the stage of what plugins have.</summary>
    public IEnumerable<InstalledExport> Exports =>
        new[] { Strategy, Builder, Runtime, Format, Packing }.OfType<InstalledExport>()
            .Concat(Alignments.Select(alignment => alignment.Installed))
                .Concat(Alignments.SelectMany(alignment => alignment.Others).SelectMany(model => model.Exports))
                .Concat(Selection?.Scorers.Select(scorer => scorer.Installed) ?? []).Concat(Then.Select(step => step.Installed))
                .Concat(Models.Concat(Auxiliaries).SelectMany(model => model.Exports)).Distinct();

    /// <summary>The checkpoints that a window chose, or <see langword="null"/> without one.</summary>
    public IReadOnlyList<WindowCheckpoint>? Window =>
        Stage.Window is { } window ? [.. window.Select(model => new WindowCheckpoint(model.Name, model.Step, model.Weight))] : null;

    /// <summary>The models that take part, each once.</summary>
    public required IReadOnlyList<InputModel> Models { get; init; }

    /// <summary>The same by the names that the recipe has for them, of which a model may have several.</summary>
    public IReadOnlyDictionary<string, InputModel> Names { get; init; } = new Dictionary<string, InputModel>();

    /// <summary>The checkpoints beside models that options name.</summary>
    public IReadOnlyList<InputModel> Auxiliaries { get; init; } = [];

    /// <summary>The models of which any tensor is read: all but one that gives only its configuration.</summary>
    public IEnumerable<InputModel> ReadModels =>
        Models.Where(model => Tensors.Any(tensor => tensor.Read.Any(input => input.Model == model)));

    /// <summary>The tensors of the output in the order in which they are stored.</summary>
    public required IReadOnlyList<TensorPlan> Tensors { get; init; }

    /// <summary>
    /// The sources that must change something, and in which tensors of the output they can: those that take part with a weight other
    /// than 0, except those that the recipe excuses.
    /// </summary>
    public IReadOnlyDictionary<InputModel, HashSet<string>> MustChange { get; init; } = new Dictionary<InputModel, HashSet<string>>();

    /// <summary>How bad it is if one of them changes nothing: an error where the recipe weighs sources, as
    /// the strategy may find that out itself.</summary>
    public Severity Unchanged { get; init; }

    /// <summary>The tensors of each model that no tensor of the output is made from, each with the rule that excuses it.</summary>
    public IReadOnlyDictionary<InputModel, IReadOnlyDictionary<string, string>> Excused { get; init; } =
        new Dictionary<InputModel, IReadOnlyDictionary<string, string>>();

    /// <summary>The tensors before scores chose among them; the same without a selection.</summary>
    public IReadOnlyList<TensorPlan>? Offered { get; init; }

    /// <summary>What the output will hold; of packed tensors, the parts.</summary>
    public required CheckpointLayout Layout { get; init; }

    /// <summary>The plan with what was chosen: the tensors that were not are copied.</summary>
    public StagePlan Choose(IReadOnlyList<TensorChoice> choices)
    {
        Dictionary<string, TensorChoice> byName = choices.ToDictionary(choice => choice.Pair.Name);
        return this with
        {
            Selection = Selection! with { Choices = choices },
            Offered = Tensors,
            Tensors = [.. Tensors.Select(tensor => byName.TryGetValue(tensor.Output.Name, out TensorChoice? choice)
                ? Selection.Apply(tensor, choice)
                : tensor)],
        };
    }
}

/// <summary>How a stage's output is checked.</summary>
/// <param name="Work">The builder's own check.</param>
/// <param name="Runtime">What runs models for it, and the plugin it comes from.</param>
internal sealed record StageCheck(Func<BuiltModel, string> Work, InstalledExport Runtime);

/// <summary>How one tensor of the output is made.</summary>
/// <param name="Output">Its name, dtype and shape.</param>
/// <param name="Treatment">What the strategy says.</param>
/// <param name="Base">The base's tensor, if there is one.</param>
/// <param name="Sources">The sources' tensors, in the order of the recipe.</param>
internal sealed record TensorPlan(TensorInfo Output, Treatment Treatment, InputTensor? Base, IReadOnlyList<InputTensor> Sources)
{
    /// <summary>What is done to the tensor at the end, in order.</summary>
    public IReadOnlyList<TensorStep> Then { get; init; } = [];

    /// <summary>What auxiliary checkpoints say of inputs.</summary>
    public IReadOnlyList<AuxiliaryClaim> Claims { get; init; } = [];

    /// <summary>How the tensor is stored packed; <see langword="null"/> if it is stored as it is.</summary>
    public PackedTensor? Packed { get; init; }

    /// <summary>The tensors that are stored of it.</summary>
    public IReadOnlyList<TensorInfo> Stored => Packed?.Parts ?? [Output];

    /// <summary>Base and sources.</summary>
    public IEnumerable<InputTensor> Inputs => Base is null ? Sources : Sources.Prepend(Base);

    /// <summary>The tensor that is taken over unchanged, or <see langword="null"/> if one is made.</summary>
    public InputTensor? Copied => Treatment is CopyTreatment copy ? copy.Source is { } source ? Sources[source] : Base : null;

    /// <summary>The tensors whose data is read.</summary>
    public IEnumerable<InputTensor> Read => Copied is { } copied ? [copied] : Inputs;

    /// <summary>How many bytes are read.</summary>
    public long ReadBytes => Packed is { Copied: { Count: > 0 } parts }
        ? parts.Sum(part => part.Tensor.LengthBytes)
        : Treatment switch
        {
            JoinTreatment join =>
                join.Parts.Sum(part => Sources[part.Source].Tensor.DType is { } type
                    ? (part.Count + type.BlockElements - 1) / type.BlockElements * type.BlockBytes
                    : 0),
            MakeTreatment { HoldsSources: false } => 0,
            MakeTreatment => Sources.Sum(source => source.Tensor.LengthBytes),
            _ => Read.Sum(input => input.Tensor.DType.LengthBytes(Output.ElementCount)),
        };
}

/// <summary>A tensor of a model that is read for a merge: its first elements, as many as the output has.</summary>
internal sealed record InputTensor(InputModel Model, TensorInfo Tensor)
{
    /// <summary>The type in which the tensor is stored, where a transform gives more than that.</summary>
    public DType StoredType => Model.Widened.GetValueOrDefault(Tensor.Name, Tensor.DType);
}
