using MergeHost.Checkpoints;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>Bytes that can be read anywhere, from several threads at once.</summary>
internal abstract class ByteSource
{
    public abstract long LengthBytes { get; }

    /// <summary>Fills a span with what is there from an offset on; all of it must be within <see cref="LengthBytes"/>.</summary>
    public abstract void Read(long offset, Span<byte> destination);

    public byte[] ReadBytes(long offset, int lengthBytes)
    {
        byte[] bytes = new byte[lengthBytes];
        Read(offset, bytes);
        return bytes;
    }
}

/// <summary>A file, or a part of one.</summary>
internal sealed class FileWindow(CheckpointFile file, long start, long lengthBytes) : ByteSource
{
    public FileWindow(CheckpointFile file)
        : this(file, 0, file.LengthBytes)
    {
    }

    public override long LengthBytes => lengthBytes;

    public override void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, lengthBytes - destination.Length);
        file.Read(start + offset, destination);
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class MemoryBytes(byte[] bytes) : ByteSource
{
    public override long LengthBytes => bytes.Length;

    public override void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
