using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Native;

/// <summary>Reads a file past the page cache; when the cache does not hold it, that takes less time and far less work.</summary>
internal sealed class DirectReader : IDisposable
{
    // What every file system that allows direct reads is content with; one that wants more refuses, and is read as usual.
    private const int Alignment = 4096;

    // With the room to align it, one array of the pool.
    private const int WindowBytes = (2 << 20) - Alignment;

    private readonly SafeFileHandle _file;
    private volatile bool _isRefused;

    private DirectReader(SafeFileHandle file)
    {
        _file = file;
    }

    /// <summary>Opens a file once more; <see langword="null"/> where the system or the file system knows no direct reads.</summary>
    public static DirectReader? TryOpen(SafeFileHandle file)
    {
        if (LibC.Direct == 0)
        {
            return null;
        }

        // By its handle, not by its name, which may lead to another file by now.
        SafeFileHandle direct = LibC.Open(
            $"/proc/self/fd/{file.DangerousGetHandle()}", LibC.ReadOnly | LibC.CloseOnExec | LibC.Direct);
        if (!direct.IsInvalid)
        {
            return new DirectReader(direct);
        }

        direct.Dispose();
        return null;
    }

    /// <summary>Fills a span.</summary>
    /// <returns>
    /// False if the file ends before that, or the file system refuses; an ordinary read then tells why.
    /// </returns>
    public unsafe bool TryRead(long offset, Span<byte> destination)
    {
        if (_isRefused)
        {
            return false;
        }

        byte[] window = ArrayPool<byte>.Shared.Rent(WindowBytes + Alignment);
        try
        {
            fixed (byte* start = window)
            {
                int unused = (int)(-(nint)start & (Alignment - 1));
                return TryRead(offset, destination, window.AsSpan(unused, WindowBytes));
            }
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            _isRefused = true;
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool TryRead(long offset, Span<byte> destination, Span<byte> window)
    {
        while (!destination.IsEmpty)
        {
            int before = (int)(offset % Alignment);
            int wanted = Math.Min(before + destination.Length, WindowBytes);
            int aligned = (wanted + Alignment - 1) & ~(Alignment - 1);
            int read = Math.Min(RandomAccess.Read(_file, window[..aligned], offset - before), wanted);
            if (read <= before)
            {
                return false;
            }

            window[before..read].CopyTo(destination);
            destination = destination[(read - before)..];
            offset += read - before;
        }

        return true;
    }
}
