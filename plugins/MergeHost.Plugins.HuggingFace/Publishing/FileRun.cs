using System.Net;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>A run of bytes of a file, as the content of a request.</summary>
internal sealed class FileRun(string path, long offset, long lengthBytes, Action<int> sent) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        await Copy(stream, CancellationToken.None).ConfigureAwait(false);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        await Copy(stream, cancellationToken).ConfigureAwait(false);

    protected override bool TryComputeLength(out long length)
    {
        length = lengthBytes;
        return true;
    }

    private async Task Copy(Stream stream, CancellationToken cancellation)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        file.Position = offset;
        byte[] buffer = new byte[(int)Math.Min(1 << 18, Math.Max(1, lengthBytes))];
        for (long left = lengthBytes; left > 0;)
        {
            int count = (int)Math.Min(buffer.Length, left);
            await file.ReadExactlyAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            sent(count);
            left -= count;
        }
    }
}
