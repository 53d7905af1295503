using MergeHost.Checkpoints;

namespace MergeHost.Builders;

/// <summary>What a builder is given beside its options.</summary>
/// <param name="models">The models by the names that options have.</param>
public sealed class BuilderContext(IReadOnlyDictionary<string, ICheckpointReader> models)
{
    /// <summary>
    /// The models that the options name, and the base, by the names that options have. Headers and companions are for reading; of data only
    /// small tensors that shapes depend on, and none of <see cref="Unmade"/>: the rest is read once the plan is carried out.
    /// </summary>
    public IReadOnlyDictionary<string, ICheckpointReader> Models { get; } = models;

    /// <summary>The models that earlier stages make, whose data cannot be read while planning.</summary>
    public IReadOnlySet<string> Unmade { get; init; } = new HashSet<string>();

    /// <summary>The name of the model that the recipe calls the base, or <see langword="null"/>.</summary>
    public string? Base { get; init; }

    /// <summary>The type that the recipe wants tensors in, or <see langword="null"/> to keep that of the sources.</summary>
    public DType? OutputDType { get; init; }

    /// <summary>The seed of everything random.</summary>
    public long Seed { get; init; }
}
