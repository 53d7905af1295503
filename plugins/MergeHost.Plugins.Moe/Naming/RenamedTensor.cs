namespace MergeHost.Plugins.Moe.Naming;

/// <summary>A tensor that is runs of others, one after the other.</summary>
/// <param name="Info">Its name, dtype and shape.</param>
/// <param name="Runs">The runs.</param>
internal sealed record RenamedTensor(TensorInfo Info, IReadOnlyList<TensorSlice> Runs)
{
    /// <summary>A tensor by another name, or by its own.</summary>
    public static RenamedTensor Of(TensorInfo tensor, string? name = null) =>
        new(name is null ? tensor : tensor with { Name = name }, [new TensorSlice(tensor, 0, tensor.ElementCount)]);
}

/// <summary>A run of elements of a tensor as stored.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="First">The first element.</param>
/// <param name="Count">How many.</param>
internal sealed record TensorSlice(TensorInfo Tensor, long First, long Count);
