namespace MergeHost.Checkpoints;

/// <summary>A checkpoint that is no model but tells something of one, such as statistics of its
/// activations; the value of an option.</summary>
/// <remarks>
/// An option of this type among those of a strategy or scorer is written in a recipe as the name of a file or folder. The host opens it
/// while planning, watches its files, and makes outputs depend on them. With <see cref="Strategies.PerSourceAttribute"/> it belongs to
/// that source, without to the base, or of a scorer to one of its two models. Where it holds a digest of a weight
/// (<see cref="DigestOf"/>), the host compares it with the weight's own as that is read, and ends the merge or scoring if they differ. Its
/// data may be read only while the merge runs, from any thread.
/// </remarks>
/// <param name="name">As the recipe has it.</param>
/// <param name="reader">Reads it.</param>
public sealed class AuxiliaryCheckpoint(string name, ICheckpointReader reader)
{
    private readonly Dictionary<string, TensorInfo> _tensors = reader.Tensors.ToDictionary(tensor => tensor.Name);

    /// <summary>As the recipe has it.</summary>
    public string Name => name;

    /// <summary>Reads it; the host disposes it.</summary>
    public ICheckpointReader Reader => reader;

    /// <summary>The tensor of a name, or <see langword="null"/>.</summary>
    public TensorInfo? Find(string tensor) => _tensors.GetValueOrDefault(tensor);

    /// <summary>The name of the tensor that holds a weight's digest: U8 of <c>[16]</c>, the
    /// XXH128 that manifests have of tensors.</summary>
    public static string DigestOf(string weight) => $"{weight}.digest";

    /// <summary>The name.</summary>
    public override string ToString() => name;
}
