using MergeHost.Benchmarks;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Metadata;

/// <summary>A class that a plugin exports, as its attribute describes it; known without loading the plugin.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its name in recipes.</param>
/// <param name="Metadata">What the attribute's named arguments set; enumerations are numbers.</param>
internal sealed record PluginExport(ExportKind Kind, string Id, IReadOnlyDictionary<string, object?> Metadata)
{
    // What a plugin does not set has the default that the attribute declares.
    private static readonly MergeStrategyAttribute _strategy = new("");
    private static readonly LayerScorerAttribute _scorer = new("");
    private static readonly CheckpointFormatAttribute _format = new("");
    private static readonly CheckpointTransformAttribute _transform = new("");
    private static readonly CheckpointStoreAttribute _store = new("");
    private static readonly ModelBuilderAttribute _builder = new("");

    /// <inheritdoc cref="MergeStrategyAttribute.Base"/>
    public BaseUse Base => (BaseUse)Number(nameof(Base), (int)_strategy.Base);

    /// <inheritdoc cref="MergeStrategyAttribute.MinSources"/>
    public int MinSources => Number(nameof(MinSources), _strategy.MinSources);

    /// <inheritdoc cref="MergeStrategyAttribute.MaxSources"/>
    public int MaxSources => Number(nameof(MaxSources), _strategy.MaxSources);

    /// <inheritdoc cref="LayerScorerAttribute.RestoreFirst"/>
    public RestoreFirst RestoreFirst => (RestoreFirst)Number(nameof(RestoreFirst), (int)_scorer.RestoreFirst);

    /// <inheritdoc cref="LayerScorerAttribute.Comparability"/>
    public ScoreComparability Comparability => (ScoreComparability)Number(nameof(Comparability), (int)_scorer.Comparability);

    /// <inheritdoc cref="CheckpointFormatAttribute.Files"/>
    public IReadOnlyList<string> Files => Metadata.GetValueOrDefault(nameof(Files)) as string[] ?? _format.Files;

    /// <inheritdoc cref="CheckpointFormatAttribute.Markers"/>
    public IReadOnlyList<string> Markers => Metadata.GetValueOrDefault(nameof(Markers)) as string[] ?? Files;

    /// <inheritdoc cref="CheckpointFormatAttribute.Preference"/>
    public int Preference => Number(nameof(Preference), _format.Preference);

    /// <inheritdoc cref="CheckpointFormatAttribute.IsSingleFile"/>
    public bool IsSingleFile => Metadata.GetValueOrDefault(nameof(IsSingleFile)) as bool? ?? _format.IsSingleFile;

    /// <inheritdoc cref="CheckpointTransformAttribute.Tensors"/>
    public IReadOnlyList<string> MarkedTensors =>
        Metadata.GetValueOrDefault(nameof(CheckpointTransformAttribute.Tensors)) as string[] ?? _transform.Tensors;

    /// <inheritdoc cref="CheckpointTransformAttribute.ConfigFields"/>
    public IReadOnlyList<string> ConfigFields => Metadata.GetValueOrDefault(nameof(ConfigFields)) as string[] ?? _transform.ConfigFields;

    /// <inheritdoc cref="CheckpointTransformAttribute.Adapters"/>
    public IReadOnlyList<string> Adapters => Metadata.GetValueOrDefault(nameof(Adapters)) as string[] ?? _transform.Adapters;

    /// <inheritdoc cref="CheckpointTransformAttribute.Changes"/>
    public IReadOnlyList<string> Changes => Metadata.GetValueOrDefault(nameof(Changes)) as string[] ?? _transform.Changes;

    /// <inheritdoc cref="CheckpointTransformAttribute.Packings"/>
    public IReadOnlyList<string> Packings => Metadata.GetValueOrDefault(nameof(Packings)) as string[] ?? _transform.Packings;

    /// <inheritdoc cref="CheckpointStoreAttribute.Names"/>
    public IReadOnlyList<string> Names => Metadata.GetValueOrDefault(nameof(Names)) as string[] ?? _store.Names;

    /// <inheritdoc cref="ModelBuilderAttribute.RecipeFields"/>
    public IReadOnlyList<string> RecipeFields => Metadata.GetValueOrDefault(nameof(RecipeFields)) as string[] ?? _builder.RecipeFields;

    /// <inheritdoc cref="BenchmarkAttribute.UsesModel"/>
    public bool UsesModel => Metadata.GetValueOrDefault(nameof(UsesModel)) as bool? ?? false;

    /// <summary>Kind and id as messages have them, such as <c>strategy 'ties'</c>.</summary>
    public override string ToString() => $"{Kind.Word()} '{Id}'";

    private int Number(string name, int otherwise) => Metadata.GetValueOrDefault(name) is int number ? number : otherwise;
}
