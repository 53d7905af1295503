using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Native;

/// <summary>Writes whole pages of a file past the page cache.</summary>
/// <remarks>
/// A durable file has to reach the disk in any case. On the way through the cache each byte is copied once more, writers of one file
/// wait for each other, and the wait for the disk comes at the end, when there is nothing left to calculate.
/// </remarks>
internal sealed class DirectWriter : IDisposable
{
    /// <summary>The size of a page: what begins and ends at multiples of it can be written directly.</summary>
    public const int PageBytes = 4096;

    private readonly SafeFileHandle _file;
    private volatile bool _isRefused;

    private DirectWriter(SafeFileHandle file)
    {
        _file = file;
    }

    /// <summary>Opens a file once more; <see langword="null"/> where the system or the file system knows no direct writes.</summary>
    public static DirectWriter? TryOpen(SafeFileHandle file)
    {
        if (LibC.Direct == 0)
        {
            return null;
        }

        SafeFileHandle direct = LibC.Open($"/proc/self/fd/{file.DangerousGetHandle()}", LibC.WriteOnly | LibC.CloseOnExec | LibC.Direct);
        if (!direct.IsInvalid)
        {
            return new DirectWriter(direct);
        }

        direct.Dispose();
        return null;
    }

    /// <summary>Writes whole pages.</summary>
    /// <param name="offset">A multiple of <see cref="PageBytes"/>.</param>
    /// <param name="data">A multiple of <see cref="PageBytes"/> long; copied first if it does not begin at such an address.</param>
    /// <returns>False if the file system refuses; an ordinary write then tells why.</returns>
    public unsafe bool TryWrite(long offset, ReadOnlySpan<byte> data)
    {
        if (_isRefused)
        {
            return false;
        }

        fixed (byte* start = data)
        {
            if ((nint)start % PageBytes == 0)
            {
                return TryWriteAligned(offset, data);
            }
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(data.Length + PageBytes);
        try
        {
            fixed (byte* start = copy)
            {
                Span<byte> aligned = copy.AsSpan((int)(-(nint)start & (PageBytes - 1)), data.Length);
                data.CopyTo(aligned);
                return TryWriteAligned(offset, aligned);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool TryWriteAligned(long offset, ReadOnlySpan<byte> data)
    {
        try
        {
            RandomAccess.Write(_file, data, offset);
            return true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            _isRefused = true;
            return false;
        }
    }
}
