namespace MergeHost.Checkpoints;

/// <summary>A checkpoint that is computed from another one while it is read; members that are
/// not overridden are those of the other.</summary>
/// <remarks>
/// Its constructor reads headers and companions only; data is read and
/// computed in <see cref="Read"/>, from several threads at once.
/// </remarks>
/// <param name="inner">The checkpoint it is made from.</param>
/// <param name="leaveOpen">Whether the other stays open when this one is disposed; by default it is disposed too.</param>
public abstract class DerivedCheckpoint(ICheckpointReader inner, bool leaveOpen = false) : ICheckpointReader
{
    /// <inheritdoc/>
    public virtual IReadOnlyList<TensorInfo> Tensors => Inner.Tensors;

    /// <inheritdoc/>
    public virtual IReadOnlyList<CompanionFile> Companions => Inner.Companions;

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> WeightFiles => Inner.WeightFiles;

    /// <inheritdoc/>
    public virtual IReadOnlyList<Problem> Warnings => Inner.Warnings;

    /// <inheritdoc/>
    public virtual IReadOnlyList<KeyValuePair<string, string>> Metadata => Inner.Metadata;

    /// <inheritdoc/>
    public virtual string Identity => Inner.Identity;

    /// <summary>The checkpoint it is made from.</summary>
    protected ICheckpointReader Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => Inner.Read(tensor, firstElement, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the checkpoint it is made from, unless that is to stay open.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
        {
            Inner.Dispose();
        }
    }
}
