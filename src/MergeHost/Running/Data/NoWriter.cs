using MergeHost.Checkpoints;

namespace MergeHost.Running.Data;

/// <summary>The writer of a run that writes nothing.</summary>
internal sealed class NoWriter : ICheckpointWriter
{
    public IReadOnlyList<string> Files => [];

    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => throw new NotSupportedException();

    public void Complete()
    {
    }

    public void Dispose()
    {
    }
}
