using MergeHost.Checkpoints;

namespace MergeHost.Packings;

/// <summary>How a checkpoint is stored packed: what a plan of it says.</summary>
public abstract class PackedCheckpoint
{
    /// <summary>What the format is asked to write: the parts of packed tensors in place of these,
    /// and configuration that tells of them.</summary>
    public abstract CheckpointLayout Layout { get; }

    /// <summary>The tensors that are packed, by name; others are stored as they are.</summary>
    public abstract IReadOnlyDictionary<string, PackedTensor> Tensors { get; }

    /// <summary>What is worth knowing.</summary>
    public virtual IReadOnlyList<Problem> Warnings => [];

    /// <summary>Makes a writer that takes plain tensors and writes what they are stored in.</summary>
    /// <param name="inner">The format's writer of <see cref="Layout"/>; disposed with the result.</param>
    public abstract IPackingWriter Wrap(ICheckpointWriter inner);

    /// <summary>Gives what was written as plain tensors again.</summary>
    /// <param name="stored">A checkpoint of <see cref="Layout"/>; disposed with the result.</param>
    public abstract ICheckpointReader Unwrap(ICheckpointReader stored);
}

/// <summary>A tensor that is stored packed.</summary>
/// <param name="Plain">The tensor as it is handed to the writer, in F32, BF16 or F16.</param>
/// <param name="Parts">The tensors that it is stored in, its codes first.</param>
/// <param name="RunElements">Runs that are written begin and end at multiples of this, or at the tensor's end.</param>
public sealed record PackedTensor(TensorInfo Plain, IReadOnlyList<TensorInfo> Parts, long RunElements)
{
    /// <summary>Tensors of one such text are all measured before the first of them is written;
    /// <see langword="null"/> if it need not be measured.</summary>
    public string? MeasuredWith { get; init; }

    /// <summary>Where each part is copied from, byte for byte; empty if the tensor is to be packed.</summary>
    public IReadOnlyList<(ICheckpointReader Checkpoint, TensorInfo Tensor)> Copied { get; init; } = [];

    /// <summary>
    /// For each input, the base first, where each part would be copied from if a selection took the tensor over from that one;
    /// nothing where that would not give the same parts.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<(ICheckpointReader Checkpoint, TensorInfo Tensor)>> Copies { get; init; } = [];
}
