using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Adapters;

/// <summary>Numbers of a tensor that a checkpoint holds.</summary>
/// <param name="reader">The checkpoint.</param>
/// <param name="info">The tensor.</param>
/// <param name="replaced">What it is there for, if it takes the place of a tensor of the base.</param>
internal sealed class TensorSource(ICheckpointReader reader, TensorInfo info, TensorSource? replaced = null)
{
    /// <summary>The tensor.</summary>
    public TensorInfo Info => info;

    /// <summary>Whether it takes the place of a tensor of the base.</summary>
    public bool IsReplaced => replaced is not null;

    /// <summary>Reads a run as float32.</summary>
    public void Read(long firstElement, Span<float> destination) => reader.ReadSingle(info, firstElement, destination);

    /// <summary>Reads a run of the tensor that this one takes the place of, or of this one.</summary>
    public void ReadUnreplaced(long firstElement, Span<float> destination) => (replaced ?? this).Read(firstElement, destination);
}
