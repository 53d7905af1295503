using System.Buffers;
using System.IO.Hashing;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using Microsoft.Win32.SafeHandles;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>A deflated entry in a form that can be read anywhere: in memory if it is small, else in a file.</summary>
internal sealed class UnpackedEntry : IDisposable
{
    private const int MostMemoryBytes = 1 << 20;
    private const int BufferBytes = 1 << 16;

    private readonly byte[]? _memory;
    private readonly SafeFileHandle? _file;

    private UnpackedEntry(byte[]? memory, SafeFileHandle? file)
    {
        _memory = memory;
        _file = file;
    }

    /// <summary>Unpacks an entry, and compares length and checksum with what the directory says.</summary>
    /// <exception cref="CheckpointException">It is damaged, or there is no room for it.</exception>
    public static UnpackedEntry Make(Stream inflated, ZipEntry entry, string label)
    {
        UnpackedEntry unpacked = entry.LengthBytes <= MostMemoryBytes
            ? new UnpackedEntry(new byte[entry.LengthBytes], null)
            : new UnpackedEntry(null, OpenFile(label));
        try
        {
            unpacked.Fill(inflated, entry, label);
            return unpacked;
        }
        catch (InvalidDataException exception)
        {
            unpacked.Dispose();
            throw entry.Damaged(label, $"is not deflate: {exception.Message}");
        }
        catch (IOException exception)
        {
            unpacked.Dispose();
            throw CheckpointException.Unreadable(
                label, $"entry {PickleText.Quote(entry.Name)} cannot be unpacked: {exception.Message}", exception);
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    public void Read(long offset, Span<byte> destination)
    {
        if (_memory is not null)
        {
            _memory.AsSpan((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_file!, destination, offset);
            offset += read > 0 ? read : throw new EndOfStreamException();
            destination = destination[read..];
        }
    }

    public void Dispose() => _file?.Dispose();

    private static SafeFileHandle OpenFile(string label)
    {
        try
        {
            return File.OpenHandle(
                Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
                FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Unreadable(label, $"an entry cannot be unpacked: {exception.Message}", exception);
        }
    }

    private void Fill(Stream inflated, ZipEntry entry, string label)
    {
        Crc32 checksum = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long position = 0;
            for (int read = inflated.Read(buffer); read > 0; read = inflated.Read(buffer))
            {
                if (read > entry.LengthBytes - position)
                {
                    throw entry.Damaged(label, Invariant($"unpacks to more than the {entry.LengthBytes:N0} bytes that are said"));
                }

                checksum.Append(buffer.AsSpan(0, read));
                Write(position, buffer.AsSpan(0, read));
                position += read;
            }

            if (position < entry.LengthBytes)
            {
                throw entry.Damaged(label, Invariant($"unpacks to {position:N0} bytes, {entry.LengthBytes:N0} are said"));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        entry.CheckCrc32(checksum.GetCurrentHashAsUInt32(), label);
    }

    private void Write(long position, ReadOnlySpan<byte> bytes)
    {
        if (_memory is not null)
        {
            bytes.CopyTo(_memory.AsSpan((int)position));
            return;
        }

        RandomAccess.Write(_file!, bytes, position);
    }
}
