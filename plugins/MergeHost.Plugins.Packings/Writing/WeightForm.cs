using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>How a weight is packed, apart from which weight it is; equal for weights that are packed alike.</summary>
/// <param name="Scheme">What the configuration calls it.</param>
internal abstract record WeightForm(string Scheme)
{
    /// <summary>The numbers that make it differ from others of the scheme, for messages.</summary>
    public abstract string Settings { get; }

    /// <summary>Whether a weight can be packed so.</summary>
    public abstract bool Fits(TensorShape shape);

    /// <summary>Makes what packs a weight.</summary>
    /// <param name="plain">The weight; its type is the one that the library would hold it in.</param>
    /// <param name="scaleType">The type that scales are stored in, where the packing leaves it open.</param>
    public abstract WeightPacker Packer(TensorInfo plain, DType scaleType);

    /// <summary>The name of a weight without <c>.weight</c>: what its parts' names begin with.</summary>
    public static string StemOf(string name) => name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
}

/// <summary>Packs one weight.</summary>
/// <param name="plain">The weight.</param>
/// <param name="runElements">How many elements can be packed apart from others; what is packed are multiples of it.</param>
internal abstract class WeightPacker(TensorInfo plain, long runElements)
{
    /// <summary>The weight.</summary>
    public TensorInfo Plain => plain;

    /// <inheritdoc cref="MergeHost.Packings.PackedTensor.RunElements"/>
    public long RunElements => runElements;

    /// <summary>The tensors that it is stored in, its codes first.</summary>
    public abstract IReadOnlyList<TensorInfo> Parts { get; }

    /// <inheritdoc cref="MergeHost.Packings.PackedTensor.MeasuredWith"/>
    public virtual string? MeasuredWith => null;

    /// <summary>Packs a run and writes it; called from several threads at once.</summary>
    /// <param name="first">The run's first element.</param>
    /// <param name="weights">The run; overwritten.</param>
    /// <param name="greatest">The greatest magnitude of this weight and those measured with it, if it was measured.</param>
    /// <param name="writer">Takes parts.</param>
    /// <returns>The sum of squares of what was rounded off.</returns>
    public abstract double Pack(long first, Span<float> weights, float greatest, ICheckpointWriter writer);
}
