using MergeHost.Checkpoints;
using MergeHost.Storage.Native;
using Microsoft.Win32.SafeHandles;
using static System.FormattableString;

namespace MergeHost.Storage;

/// <summary>A file of a checkpoint on this machine.</summary>
/// <remarks>
/// What the system does not hold in memory is read past its page cache (<c>O_DIRECT</c>) where the file system allows it. That is
/// decided once for each file, at its first large read.
/// </remarks>
public sealed class WeightFile : CheckpointFile
{
    // Below this the system's read-ahead serves better than a direct read.
    private const int LeastDirectBytes = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly Lazy<DirectReader?> _direct;

    private WeightFile(string path, SafeFileHandle file)
    {
        _file = file;
        Path = path;
        FileIdentity = FileIdentity.Of(file);
        _direct = new Lazy<DirectReader?>(() => PageCache.Holds(file, LengthBytes) ? null : DirectReader.TryOpen(file));
    }

    /// <summary>The path as it was given.</summary>
    public override string Path { get; }

    /// <summary>What the system said of the file when it was opened.</summary>
    public FileIdentity FileIdentity { get; }

    /// <inheritdoc/>
    public override string Identity => FileIdentity.ToString();

    /// <inheritdoc/>
    public override long LengthBytes => FileIdentity.LengthBytes;

    /// <summary>Opens a file.</summary>
    /// <exception cref="CheckpointException">It does not exist, may not be read, or is a folder, a pipe or a device.</exception>
    public static WeightFile Open(string path)
    {
        try
        {
            if (FileKind.Unusual(path) is { } kind)
            {
                throw CheckpointException.Unreadable(path, $"expected a file, found {kind}");
            }

            return new WeightFile(path, File.OpenHandle(path, share: FileShare.Read | FileShare.Delete));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CheckpointException.Unreadable(path, "there is no such file", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw CheckpointException.Unreadable(path, "access is denied", exception);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset > LengthBytes - destination.Length)
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.Truncated,
                Invariant($"{Path}: {destination.Length:N0} bytes are wanted from {offset:N0} on, the file has {LengthBytes:N0}")));
        }

        if (destination.Length < LeastDirectBytes || _direct.Value?.TryRead(offset, destination) != true)
        {
            ReadThroughCache(offset, destination);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _direct.IsValueCreated)
        {
            _direct.Value?.Dispose();
        }

        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ReadThroughCache(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int read = RandomAccess.Read(_file, destination, offset);
                if (read == 0)
                {
                    throw new CheckpointException(new Problem(
                        ErrorCodes.ChangedWhileRead,
                        Invariant($"{Path}: the file had {LengthBytes:N0} bytes when it was opened, and now ends at {offset:N0}"),
                        "Run again when nothing writes to the file."));
                }

                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Unreadable(Path, exception.Message, exception);
        }
    }
}
