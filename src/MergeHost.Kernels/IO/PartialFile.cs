using Microsoft.Win32.SafeHandles;

namespace MergeHost.Kernels.IO;

/// <summary>A file that is called <c>NAME.partial</c>, at its full size, until it is whole.</summary>
/// <remarks>
/// <see cref="Write"/> and <see cref="Read"/> may be called from several threads at once, for runs that do not overlap. No other
/// process can open the file for writing meanwhile. Disposing without <see cref="Complete"/> keeps the partial file.
/// </remarks>
public sealed class PartialFile : IDisposable
{
    /// <summary>What is added to the names of unfinished files.</summary>
    public const string Suffix = ".partial";

    // How much is written before the system is asked to bring it to the disk.
    private const long WritebackBytes = 32 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private long _writtenBytes;

    private PartialFile(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
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

    /// <summary>Writes bytes.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        RandomAccess.Write(_file, data, offset);
        long written = Interlocked.Add(ref _writtenBytes, data.Length);
        if (written / WritebackBytes != (written - data.Length) / WritebackBytes)
        {
            StartWriteback();
        }
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
        _file.Dispose();
        File.Move(_path + Suffix, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static bool Holds(string path, long lengthBytes, ReadOnlySpan<byte> head)
    {
        if (!File.Exists(path))
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
        SafeFileHandle file = File.OpenHandle(
            partialPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, preallocationSize: lengthBytes);
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

    // A hint that keeps the last flush short; where it fails, that flush does the work.
    private void StartWriteback()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = LibC.SyncFileRange(_file, offset: 0, lengthBytes: 0, LibC.SyncFileRangeWrite);
        }
    }
}
