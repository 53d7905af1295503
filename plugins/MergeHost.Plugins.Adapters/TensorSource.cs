using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Adapters;

/// <summary>Numbers of a tensor that a checkpoint holds.</summary>
/// <param name="reader">The checkpoint.</param>
/// <param name="info">The tensor.</param>
/// <param name="replaced">See <see cref="Replaced"/>.</param>
internal sealed class TensorSource(ICheckpointReader reader, TensorInfo info, TensorSource? replaced = null)
{
    /// <summary>The tensor.</summary>
    public TensorInfo Info => info;

    /// <summary>The base's tensor that it takes the place of, or <see langword="null"/> if it is the base's own.</summary>
    public TensorSource? Replaced => replaced;

    /// <summary>Reads a run as float32.</summary>
    public void Read(long firstElement, Span<float> destination) => reader.ReadSingle(info, firstElement, destination);
}
