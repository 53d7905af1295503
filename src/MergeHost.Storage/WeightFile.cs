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

    private readonly LinkedListNode<WeightFile> _entry;
    private readonly Lock _lock = new();
    private Handles? _handles;
    private bool? _isDirect;
    private bool _isDisposed;

    private WeightFile(string path, Handles handles)
    {
        _handles = handles;
        _entry = new LinkedListNode<WeightFile>(this);
        Path = path;
        FileIdentity = FileIdentity.Of(handles.File);
        OpenFiles.Touch(_entry);
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
    public static WeightFile Open(string path) => new(path, Handles.Open(path));

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

        OpenFiles.Touch(_entry);
        while (!TryRead(offset, destination))
        {
        }
    }

    /// <summary>Closes the file until it is read again.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _handles?.Dispose();
            _handles = null;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            OpenFiles.Remove(_entry);
            _isDisposed = true;
            Close();
        }

        base.Dispose(disposing);
    }

    // False if the file was closed by what other files needed.
    private bool TryRead(long offset, Span<byte> destination)
    {
        Handles handles = Opened();
        try
        {
            if (destination.Length < LeastDirectBytes || Direct(handles)?.TryRead(offset, destination) != true)
            {
                ReadThroughCache(handles.File, offset, destination);
            }

            return true;
        }
        catch (ObjectDisposedException) when (!_isDisposed)
        {
            return false;
        }
    }

    private Handles Opened()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _handles ??= Reopen();
        }
    }

    private Handles Reopen()
    {
        Handles handles = Handles.Open(Path);
        if (FileIdentity.Of(handles.File) == FileIdentity)
        {
            return handles;
        }

        handles.Dispose();
        throw new CheckpointException(new Problem(
            ErrorCodes.ChangedWhileRead, $"{Path}: the file is not the one that was opened first any more",
            "Run again when nothing writes to the file."));
    }

    private DirectReader? Direct(Handles handles)
    {
        lock (_lock)
        {
            // A number of a closed handle may be another file's by now.
            ObjectDisposedException.ThrowIf(handles.File.IsClosed, this);
            _isDirect ??= !PageCache.Holds(handles.File, LengthBytes);
            if (_isDirect.Value)
            {
                handles.Direct ??= DirectReader.TryOpen(handles.File);
                _isDirect = handles.Direct is not null;
            }

            return handles.Direct;
        }
    }

    private void ReadThroughCache(SafeFileHandle file, long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int read = RandomAccess.Read(file, destination, offset);
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

    /// <summary>A file as it is open for the time being.</summary>
    private sealed class Handles : IDisposable
    {
        private Handles(SafeFileHandle file) => File = file;

        public SafeFileHandle File { get; }

        public DirectReader? Direct { get; set; }

        public static Handles Open(string path)
        {
            try
            {
                if (FileKind.Unusual(path) is { } kind)
                {
                    throw CheckpointException.Unreadable(path, $"expected a file, found {kind}");
                }

                return new Handles(System.IO.File.OpenHandle(path, share: FileShare.Read | FileShare.Delete));
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

        public void Dispose()
        {
            Direct?.Dispose();
            File.Dispose();
        }
    }
}
