namespace MergeHost.Strategies;

/// <summary>The tensors of one name that are to become one, without their data.</summary>
/// <remarks>All tensors have the output's shape; their dtypes may differ, kernels see float32.</remarks>
public sealed class TensorGroup
{
    /// <summary>The tensor to make.</summary>
    public required TensorInfo Output { get; init; }

    /// <summary>What the tensor does in the model.</summary>
    public TensorRole Role { get; init; }

    /// <summary>The number of its layer in the output, counted from 0, or <see langword="null"/> outside the layers.</summary>
    public int? Layer { get; init; }

    /// <summary>How many layers the output has.</summary>
    public int LayerCount { get; init; }

    /// <summary>The base's tensor, or <see langword="null"/> if the strategy uses no base or none is named.</summary>
    public TensorInfo? Base { get; init; }

    /// <summary>The sources' tensors in the order of the recipe, at least one, each with its options record.</summary>
    public required IReadOnlyList<(TensorInfo Tensor, object Options)> Sources { get; init; }

    /// <summary>The options for the whole tensor; options that differ by source are at their defaults in it.</summary>
    public required object Options { get; init; }
}

/// <inheritdoc cref="TensorGroup"/>
/// <typeparam name="TOptions">The strategy's options record.</typeparam>
public sealed class TensorGroup<TOptions>(TensorGroup group)
    where TOptions : class
{
    /// <inheritdoc cref="TensorGroup.Output"/>
    public TensorInfo Output => group.Output;

    /// <inheritdoc cref="TensorGroup.Role"/>
    public TensorRole Role => group.Role;

    /// <inheritdoc cref="TensorGroup.Layer"/>
    public int? Layer => group.Layer;

    /// <inheritdoc cref="TensorGroup.LayerCount"/>
    public int LayerCount => group.LayerCount;

    /// <inheritdoc cref="TensorGroup.Base"/>
    public TensorInfo? Base => group.Base;

    /// <inheritdoc cref="TensorGroup.Sources"/>
    public IReadOnlyList<SourceTensor<TOptions>> Sources { get; } =
        [.. group.Sources.Select(source => new SourceTensor<TOptions>(source.Tensor, (TOptions)source.Options))];

    /// <inheritdoc cref="TensorGroup.Options"/>
    public TOptions Options => (TOptions)group.Options;
}

/// <summary>A source's tensor, and the options that hold for it.</summary>
/// <param name="Tensor">Name, dtype and shape as stored.</param>
/// <param name="Options">All options: those of the source, and those of the whole tensor.</param>
public sealed record SourceTensor<TOptions>(TensorInfo Tensor, TOptions Options)
    where TOptions : class;
