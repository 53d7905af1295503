namespace MergeHost.Checkpoints;

/// <summary>A checkpoint that is being written.</summary>
/// <remarks>
/// <see cref="Write"/> and <see cref="Read"/> may be called from several threads at once, in any order, for runs that do not
/// overlap. Until <see cref="Complete"/> returns, no file that could be taken for a whole checkpoint exists.
/// Disposing without completing keeps the partial files, so that a later run can go on.
/// </remarks>
public interface ICheckpointWriter : IDisposable
{
    /// <summary>The names, within the folder, of all files that will exist when the checkpoint is complete.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>Writes a run of elements as they are to be stored, in row-major order.</summary>
    /// <param name="tensor">One of the layout's tensors.</param>
    /// <param name="firstElement">Where the run begins: a multiple of the type's block.</param>
    /// <param name="data">Whole blocks; not kept after the call.</param>
    /// <exception cref="IOException">The bytes cannot be written, for want of room for example.</exception>
    void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data);

    /// <summary>Reads back what was written, by this run or by an earlier one; never written bytes are arbitrary.</summary>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    void Read(TensorInfo tensor, long firstElement, Span<byte> destination);

    /// <summary>Makes all that was written durable and gives the files their final names, the one
    /// that makes the checkpoint whole last.</summary>
    /// <exception cref="IOException">A file cannot be written or renamed; what is there stays partial.</exception>
    void Complete();
}
