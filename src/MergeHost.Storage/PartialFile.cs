using MergeHost.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>A file that is called <c>NAME.partial</c>, at its full size, until it is whole.</summary>
/// <remarks>
/// <see cref="Write"/> and <see cref="Read"/> may be called from several threads at once, for runs that do not overlap. No other
/// process can open the file for writing meanwhile. Disposing without <see cref="Complete"/> keeps the partial file.
/// </remarks>
public sealed class PartialFile : IDisposable
{
    /// <summary>What is added to the names of unfinished files.</summary>
    public const string Suffix = ".partial";

    /// <summary>The size of a page: what begins and ends at multiples of it goes to the disk without a copy.</summary>
    public const int PageBytes = DirectWriter.PageBytes;

    // How much is written before the system is asked to bring it to the disk.
    private const long WritebackBytes = 32 << 20;

    // Below this the call costs more than the cache.
    private const int LeastDirectBytes = 64 << 10;

    // ENOSPC, as a result code has it where .NET sets one.
    private const int NoSpace = 28;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly DirectWriter? _direct;
    private long _writtenBytes;

    private PartialFile(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
        _direct = DirectWriter.TryOpen(file);
    }

    /// <summary>Creates a file at its full size, or opens the one that an earlier, broken run left.</summary>
    /// <remarks>
    /// What is left is used again if it has the same length and begins with the same bytes, even if that run came to give it its
    /// final name; else it is made anew.
    /// </remarks>
    /// <param name="path">The final name.</param>
    /// <param name="lengthBytes">The final length.</param>
    /// <param name="head">What the file begins with; written here.</param>
    /// <exception cref="IOException">There is not enough room, or another process writes the file.</exception>
    public static PartialFile Open(string path, long lengthBytes, ReadOnlySpan<byte> head)
    {
        string partialPath = path + Suffix;
        if (!File.Exists(partialPath) && Holds(path, lengthBytes, head))
        {
            File.Move(path, partialPath);
        }

        if (Holds(partialPath, lengthBytes, head))
        {
            return new PartialFile(path, File.OpenHandle(partialPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
        }

        File.Delete(partialPath);
        return Create(path, partialPath, lengthBytes, head);
    }

    /// <summary>Writes bytes; fastest from a buffer that is aligned as the offset is, to <see cref="PageBytes"/>.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        int before = (int)(-offset & (PageBytes - 1));
        int direct = (data.Length - before) / PageBytes * PageBytes;
        if (_direct is null || direct < LeastDirectBytes || !_direct.TryWrite(offset + before, data.Slice(before, direct)))
        {
            WriteThroughCache(offset, data);
            return;
        }

        // The pages at the ends are shared with other runs; only the cache can put them together.
        WriteThroughCache(offset, data[..before]);
        WriteThroughCache(offset + before + direct, data[(before + direct)..]);
    }

    /// <summary>Reads bytes back; what was never written is arbitrary.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_file, destination, offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"{_path}{Suffix}: the file was cut short");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    /// <summary>Makes durable what was written so far.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Makes the file durable, closes it and gives it its final name; a file of that name is replaced.</summary>
    /// <remarks>The name itself is durable after <see cref="DurableFolder.Flush"/>.</remarks>
    /// <exception cref="IOException">It cannot be written or renamed.</exception>
    public void Complete()
    {
        Flush();
        Dispose();
        File.Move(_path + Suffix, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _direct?.Dispose();
        _file.Dispose();
    }

    private static bool Holds(string path, long lengthBytes, ReadOnlySpan<byte> head)
    {
        // What a link leads to is not ours to write.
        if (!File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return false;
        }

        using SafeFileHandle file = File.OpenHandle(path);
        byte[] found = new byte[head.Length];
        return RandomAccess.GetLength(file) == lengthBytes
            && RandomAccess.Read(file, found, 0) == head.Length
            && head.SequenceEqual(found);
    }

    private static PartialFile Create(string path, string partialPath, long lengthBytes, ReadOnlySpan<byte> head)
    {
        SafeFileHandle file = Allocate(partialPath, lengthBytes);
        try
        {
            RandomAccess.SetLength(file, lengthBytes);
            RandomAccess.Write(file, head, 0);
            return new PartialFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // .NET does not say by a code that there was too little room.
    private static SafeFileHandle Allocate(string path, long lengthBytes)
    {
        try
        {
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, preallocationSize: lengthBytes);
        }
        catch (IOException exception) when (new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace < lengthBytes)
        {
            throw new IOException(exception.Message, NoSpace);
        }
    }

    private void WriteThroughCache(long offset, ReadOnlySpan<byte> data)
    {
        RandomAccess.Write(_file, data, offset);
        long written = Interlocked.Add(ref _writtenBytes, data.Length);
        if (written / WritebackBytes != (written - data.Length) / WritebackBytes)
        {
            StartWriteback();
        }
    }

    // A hint that keeps the last flush short; where it fails, that flush does the work.
    private void StartWriteback()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = LibC.SyncFileRange(_file, offset: 0, lengthBytes: 0, LibC.SyncFileRangeWrite);
        }
    }
}
