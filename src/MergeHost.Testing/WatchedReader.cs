using MergeHost.Checkpoints;

namespace MergeHost.Testing;

/// <summary>Counts reads of data, and knows whether it was disposed.</summary>
internal sealed class WatchedReader(ICheckpointReader inner) : DerivedCheckpoint(inner)
{
    private int _reads;

    public int Reads => _reads;

    public bool IsDisposed { get; private set; }

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        Interlocked.Increment(ref _reads);
        base.Read(tensor, firstElement, destination);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
