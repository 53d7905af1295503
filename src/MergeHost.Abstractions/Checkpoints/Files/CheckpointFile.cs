namespace MergeHost.Checkpoints;

/// <summary>A file of a checkpoint, open for reading anywhere in it and from several threads at once.</summary>
public abstract class CheckpointFile : IDisposable
{
    /// <summary>The path, or the address, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>The length when the file was opened.</summary>
    public abstract long LengthBytes { get; }

    /// <summary>Text that is the same as long as the content is: what a file system, or a
    /// server, says of the file that was opened.</summary>
    public abstract string Identity { get; }

    /// <summary>Fills a span with what the file holds from an offset on.</summary>
    /// <exception cref="CheckpointException">The file ends before the span is full, or cannot be read.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
