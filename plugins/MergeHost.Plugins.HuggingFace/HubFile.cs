using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Storage;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>A file of the hub, read from the cache as soon as it is there.</summary>
internal sealed class HubFile(string path, HubContent content) : CheckpointFile
{
    private readonly Lock _lock = new();
    private volatile WeightFile? _cached;

    /// <inheritdoc/>
    public override string Path => path;

    /// <inheritdoc/>
    public override long LengthBytes => content.LengthBytes;

    /// <inheritdoc/>
    public override string Identity => content.Identity;

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset > LengthBytes - destination.Length)
        {
            throw new CheckpointException(new Problem(ErrorCodes.Truncated, string.Create(CultureInfo.InvariantCulture,
                $"{Path}: {destination.Length:N0} bytes are wanted from {offset:N0} on, the file has {LengthBytes:N0}")));
        }

        if (Cached() is { } cached)
        {
            cached.Read(offset, destination);
            return;
        }

        try
        {
            content.Read(offset, destination);
        }
        catch (Hub.HubException exception)
        {
            throw HubProblem.Of(exception);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cached?.Dispose();
        }

        base.Dispose(disposing);
    }

    private WeightFile? Cached()
    {
        if (_cached is null && content.Cached is { } found)
        {
            lock (_lock)
            {
                _cached ??= Sized(WeightFile.Open(found));
            }
        }

        return _cached;
    }

    private WeightFile Sized(WeightFile file)
    {
        if (file.LengthBytes == LengthBytes)
        {
            return file;
        }

        using (file)
        {
            throw new CheckpointException(new Problem(ErrorCodes.HubDamaged, string.Create(CultureInfo.InvariantCulture,
                $"{file.Path}: the file in the cache has {file.LengthBytes:N0} bytes, the listing says {LengthBytes:N0}"),
                    $"Delete it, and run again: `rm '{file.Path}'`."));
        }
    }
}
