namespace MergeHost.Checkpoints;

/// <summary>An open checkpoint, on disk or made as it is read.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
public interface ICheckpointReader : IDisposable
{
    /// <summary>The tensors in the order in which they are stored; names are unique. May be empty.</summary>
    IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Configuration and tokenizer: the files that go with the weights. Always in Hugging Face's form.</summary>
    IReadOnlyList<CompanionFile> Companions { get; }

    /// <summary>The files that hold the weights; the host watches their size and time of change. Empty if there are none.</summary>
    IReadOnlyList<string> WeightFiles { get; }

    /// <summary>
    /// Where the bytes that <see cref="Read"/> gives lie in <see cref="WeightFiles"/>, in any order; all others get a digest of their own.
    /// Empty by default: then the whole files get one, and are read once more for it.
    /// </summary>
    IReadOnlyList<TensorRange> TensorRanges => [];

    /// <summary>What is odd about the checkpoint but does not keep it from being read; errors are thrown, never listed here.</summary>
    IReadOnlyList<Problem> Warnings { get; }

    /// <summary>What the headers say beside tensors, as text for people, in order; long values are cut short. Empty by default.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Metadata => [];

    /// <summary>
    /// Text that differs whenever the tensors' bytes differ while the weight files are the same: settings that a computed checkpoint
    /// depends on, for example. Empty by default. The host resumes an output, and takes it for finished, only if this is the same.
    /// </summary>
    string Identity => "";

    /// <summary>Reads a run of elements as they are stored, in row-major order.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="firstElement">Where the run begins: a multiple of the type's block.</param>
    /// <param name="destination">Filled wholly; its length is that of whole blocks.</param>
    /// <exception cref="CheckpointException">The file ended early or cannot be read.</exception>
    void Read(TensorInfo tensor, long firstElement, Span<byte> destination);
}
