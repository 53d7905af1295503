using MergeHost.Checkpoints;

namespace MergeHost.Packings;

/// <summary>Writes plain tensors packed, through the writer of a format.</summary>
/// <remarks>
/// <see cref="ICheckpointWriter.Write"/> takes runs of plain tensors (<see cref="PackedTensor.Plain"/>), each element once, and of all that
/// is stored as it is: other tensors and parts that are copied. <see cref="ICheckpointWriter.Read"/> reads what is stored.
/// </remarks>
public interface IPackingWriter : ICheckpointWriter
{
    /// <summary>Looks at a run of a plain tensor that will be written, for what must be known of it as a whole.</summary>
    /// <remarks>All runs of all tensors of one <see cref="PackedTensor.MeasuredWith"/> come before the first is
    /// written; from several threads at once.</remarks>
    /// <param name="tensor">The plain tensor.</param>
    /// <param name="data">The run as it will be written.</param>
    void Measure(TensorInfo tensor, ReadOnlySpan<byte> data);

    /// <summary>What is worth knowing of what was written, once all of it is: how much was rounded off.</summary>
    IReadOnlyList<Problem> Report();
}
