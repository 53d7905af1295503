using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary>A recipe as written: what is to be merged, and how.</summary>
/// <param name="Path">The file, as the user wrote it.</param>
/// <param name="Text">Its text, for the manifest.</param>
/// <param name="Stages">The merges in it, in an order in which each comes after those it reads; the last makes the output.</param>
internal sealed record Recipe(string Path, string Text, IReadOnlyList<RecipeStage> Stages)
{
    /// <summary>The path of the suite by which the output is measured, or <see langword="null"/>.</summary>
    public string? SuitePath => Stages is [.., { Evaluate: { } suite }]
        ? System.IO.Path.GetRelativePath(".",
            System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, suite.Text))
        : null;
}

/// <summary>One merge of a recipe: one YAML document.</summary>
internal sealed record RecipeStage
{
    public required TextPlace Place { get; init; }

    /// <summary>The name by which later stages read the result, or <see langword="null"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The strategy; empty if none is named, which only a builder can do without.</summary>
    public required YamlScalar MergeMethod { get; init; }

    /// <summary>The builder that plans the output, or <see langword="null"/> if models, slices or modules do.</summary>
    public BuildRequest? Build { get; init; }

    /// <summary>Plugin versions that are asked for, such as <c>ties@^1.2</c>.</summary>
    public IReadOnlyList<YamlScalar> Uses { get; init; } = [];

    public ModelReference? BaseModel { get; init; }

    /// <summary>Whether the base is there for strategies that use one; if not, one that does not merges it
    /// like any other model, as in mergekit.</summary>
    public bool OffersBase { get; init; }

    /// <summary>Runs of layers of the output, one after the other; <c>models:</c> is a single slice over all layers.</summary>
    public required IReadOnlyList<RecipeSlice> Slices { get; init; }

    /// <summary>The checkpoints of the window, once they are found, oldest first; <see langword="null"/> if models are listed.</summary>
    public IReadOnlyList<WindowModel>? Window { get; init; }

    /// <summary>Settings that hold for all slices.</summary>
    public IReadOnlyList<ParameterSet> Parameters { get; init; } = [];

    /// <summary>The type that the result is stored in, if the recipe says: <c>out_dtype</c>, else <c>dtype</c>.</summary>
    public DType? OutputDType { get; init; }

    /// <summary>The format that the result is stored in, or <see langword="null"/> for safetensors.</summary>
    public YamlScalar? OutputFormat { get; init; }

    /// <summary>The options of the format, with those that short forms say.</summary>
    public IReadOnlyList<(YamlScalar Name, YamlNode Value)> OutputOptions { get; init; } = [];

    /// <summary>The type that the format is asked to store weights in, in its own words, or <see langword="null"/> to keep types.</summary>
    public YamlScalar? OutputType => OutputOptions.FirstOrDefault(option => option.Name.Text == "type").Value as YamlScalar;

    /// <summary>The packing that weights are stored in: <c>same</c>, <c>none</c>, or one that a plugin has;
    /// <see langword="null"/> if the recipe does not say.</summary>
    public YamlScalar? OutputPacking { get; init; }

    /// <summary>How the output names experts, <c>separate</c> or <c>fused</c>; <see langword="null"/> for what the base does.</summary>
    public YamlScalar? OutputNames { get; init; }

    /// <summary>What makes the models alike before tensors are matched, in order.</summary>
    public IReadOnlyList<TransformReference> Align { get; init; } = [];

    /// <summary>The chat template's text or name, or <see langword="null"/> for the tokenizer's own.</summary>
    public YamlScalar? ChatTemplate { get; init; }

    /// <summary>Which tensors are merged, by scores, or <see langword="null"/> for all.</summary>
    public RecipeSelection? Selection { get; init; }

    /// <summary>The suite by which the output is measured, or <see langword="null"/>; its path starts at the recipe's folder.</summary>
    public YamlScalar? Evaluate { get; init; }

    /// <summary>How little a quantised model may have learned.</summary>
    public NoiseLimits NoiseLimits { get; init; } = NoiseLimits.Usual;

    /// <summary>Whether whole numbers and truth values that differ are those of the base, or of the
    /// first model; if not, they must be equal.</summary>
    public bool KeepsFirstIntegers { get; init; }

    /// <summary>What becomes of tensors that only some of the models have.</summary>
    public MissingRule Missing { get; init; }

    /// <summary>What is done to the merged tensors at the end, in order.</summary>
    public IReadOnlyList<RecipeStep> Then { get; init; } = [];

    /// <summary>The models that may change nothing though they take part.</summary>
    public IReadOnlyList<YamlScalar> AllowUnchanged { get; init; } = [];

    /// <summary>Whose configuration and tokenizer the output gets: the base's, or those of the first model or a
    /// window's latest if no base is named.</summary>
    public ModelReference Donor => BaseModel ?? Slices[0].Sources[Window is null ? 0 : ^1].Model;

    /// <summary>Every model that the stage names, the base first, each name once.</summary>
    public IEnumerable<ModelReference> Models =>
        Slices.SelectMany(slice => slice.Sources.Select(source => source.Model).Append(slice.BaseModel)).Prepend(BaseModel)
            .OfType<ModelReference>().DistinctBy(model => model.Name);

    /// <summary>The names of earlier stages that the stage reads.</summary>
    /// <param name="isStage">Whether a name is that of a stage.</param>
    public IEnumerable<string> StagesRead(Func<string, bool> isStage) =>
        Models.Select(model => model.StageName(isStage))
            .Concat(Build?.Words.Select(word => new ModelReference(word, Place).StageName(isStage)) ?? []).OfType<string>();
}

/// <summary>A builder that a recipe asks for.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Settings">What the recipe says of its options.</param>
/// <param name="Place">Where it is named, or the recipe of another program begins.</param>
internal sealed record BuildRequest(string Id, IReadOnlyList<(YamlScalar Name, YamlNode Value)> Settings, TextPlace Place)
{
    /// <summary>Every text in the settings: which of them are models, only the builder can tell.</summary>
    public IEnumerable<string> Words => Settings.SelectMany(setting => Texts(setting.Value));

    private static IEnumerable<string> Texts(YamlNode node) => node switch
    {
        YamlScalar scalar => [scalar.Text],
        YamlSequence sequence => sequence.Items.SelectMany(Texts),
        YamlMapping mapping => mapping.Entries.SelectMany(entry => Texts(entry.Value)),
        _ => [],
    };
}

/// <summary>A run of layers of the output, and where it comes from.</summary>
internal sealed record RecipeSlice(TextPlace Place, IReadOnlyList<RecipeSource> Sources, ModelReference? BaseModel, ParameterSet Parameters)
{
    /// <summary>The part of the models that it is a slice of, or <see langword="null"/> for all of them.</summary>
    public RecipeModule? Module { get; init; }

    /// <summary>The window that gives the sources, or <see langword="null"/> if they are listed.</summary>
    public RecipeWindow? Window { get; init; }

    /// <summary>The settings for all its sources: its own, then its module's.</summary>
    public IEnumerable<ParameterSet> Levels => Module is null ? [Parameters] : [Parameters, Module.Parameters];
}

/// <summary>A part of models that is merged by itself, such as the encoder.</summary>
/// <param name="Name">As in the recipe.</param>
/// <param name="Place">The place of the name.</param>
/// <param name="Parameters">The settings for all slices of the part.</param>
internal sealed record RecipeModule(string Name, TextPlace Place, ParameterSet Parameters)
{
    /// <summary>The name for what no other module of the recipe holds.</summary>
    public const string Default = "default";
}

/// <summary>A model that takes part in a slice.</summary>
/// <param name="Layers">Which of its layers, or <see langword="null"/> for all.</param>
internal sealed record RecipeSource(ModelReference Model, LayerRange? Layers, ParameterSet Parameters);

/// <summary>A model as a recipe names it: a path, or the name of an earlier stage, and what is applied to it.</summary>
/// <param name="Name">Tells it from all other models of the recipe.</param>
internal sealed record ModelReference(string Name, TextPlace Place)
{
    /// <summary>The name without what <c>apply:</c> adds; adapters may follow a path or stage, as in <c>base+adapter</c>.</summary>
    public string Base { get; init; } = Name;

    /// <summary>What <c>apply:</c> lists, in order.</summary>
    public IReadOnlyList<TransformReference> Apply { get; init; } = [];

    /// <summary>The same model with more applied to it.</summary>
    public ModelReference With(IReadOnlyList<TransformReference> apply) =>
        apply.Count == 0
            ? this
            : this with
            {
                Name = string.Join('+', apply.Select(transform => transform.ToString()).Prepend(Name)),
                Apply = [.. Apply, .. apply]
            };

    /// <summary>The stage that is named, if one is.</summary>
    public string? StageName(Func<string, bool> isStage) => Split(isStage).Model is { } name && isStage(name) ? name : null;

    /// <summary>Splits <c>base+adapter</c>; of what exists, the longest name is not split.</summary>
    public (string Model, string[] Adapters) Split(Func<string, bool> exists)
    {
        string[] parts = Base.Split('+');
        int length = Enumerable.Range(1, parts.Length).LastOrDefault(count => exists(string.Join('+', parts[..count])), 1);
        return (string.Join('+', parts[..length]), parts[length..]);
    }
}

/// <summary>A transform that a recipe applies to a model, or an alignment that it applies to the models of a stage.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Settings">What the recipe says of its options.</param>
/// <param name="Place">Where it is named; <see langword="null"/> if it is not named in a recipe.</param>
internal sealed record TransformReference(string Id, IReadOnlyList<(YamlScalar Name, YamlNode Value)> Settings, TextPlace? Place)
{
    /// <summary>The transform as flow-style YAML.</summary>
    public override string ToString() =>
        Settings.Count == 0
            ? Id
            : $"{Id}{{"
                + $"{string.Join(", ", Settings.Select(setting => $"{setting.Name.Text}: "
                    + $"{(setting.Value is YamlScalar scalar ? scalar.Text : setting.Value.Kind)}"))}}}";
}

/// <summary>Layers from <paramref name="Start"/> up to but without <paramref name="End"/>.</summary>
internal sealed record LayerRange(int Start, int End, TextPlace Place)
{
    public int Count => End - Start;
}

/// <summary>How little what a quantised model learned may be against what quantisation rounded off,
/// in power: <c>‖τ‖² / ‖noise‖² − 1</c>.</summary>
/// <param name="WarnBelow">Below it the user is warned; 0 for never.</param>
/// <param name="FailBelow">Below it nothing is merged; 0 for never.</param>
internal sealed record NoiseLimits(double WarnBelow, double FailBelow)
{
    /// <summary>A warning where there is more noise than anything learned.</summary>
    public static NoiseLimits Usual { get; } = new(1, 0);
}

/// <summary>What becomes of tensors that only some of the models have.</summary>
internal enum MissingRule
{
    /// <summary>What the recipe says nothing of: an error, except for parts that only the base has.</summary>
    Usual,

    /// <summary>An error.</summary>
    Error,

    /// <summary>The base's tensor is kept.</summary>
    Base,

    /// <summary>They are left out.</summary>
    Skip,

    /// <summary>They are merged from the models that have them; what a single model has is kept.</summary>
    Single,
}
