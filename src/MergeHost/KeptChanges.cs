using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost;

/// <summary>The changes that a merge adds to its base, tensor by tensor, for merges that differ from it by λ alone.</summary>
/// <remarks>
/// They are kept in a file that is deleted with the process. One that cannot be kept is made again: that is never an error. Any thread may
/// call <see cref="TryRead"/> and <see cref="Keep"/>.
/// </remarks>
/// <param name="folder">Where the file lies; <see langword="null"/> for the system's folder of temporary files.</param>
internal sealed class KeptChanges(string? folder) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Offset, int Count)> _places = [];
    private SafeFileHandle? _file;
    private string? _merge;
    private long _length;

    /// <summary>Says which merge is made next; changes of another are forgotten.</summary>
    /// <param name="merge">Tells it from all that differ by more than λ.</param>
    public void Begin(string merge)
    {
        if (_merge == merge)
        {
            return;
        }

        _merge = merge;
        _places.Clear();
        _length = 0;
    }

    /// <summary>Reads the change of a tensor.</summary>
    /// <returns>Whether it is there.</returns>
    public bool TryRead(string tensor, Span<float> change)
    {
        (long Offset, int Count) place;
        lock (_lock)
        {
            if (!_places.TryGetValue(tensor, out place) || place.Count != change.Length)
            {
                return false;
            }
        }

        try
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(change);
            for (int done = 0; done < bytes.Length;)
            {
                int read = RandomAccess.Read(_file!, bytes[done..], place.Offset + done);
                if (read == 0)
                {
                    return false;
                }

                done += read;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Keeps the change of a tensor.</summary>
    public void Keep(string tensor, ReadOnlySpan<float> change)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(change);
        long offset;
        try
        {
            lock (_lock)
            {
                _file ??= Create();
                offset = _length;
                _length += bytes.Length;
            }

            RandomAccess.Write(_file, bytes, offset);
            lock (_lock)
            {
                _places[tensor] = (offset, change.Length);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is made again.
        }
    }

    public void Dispose() => _file?.Dispose();

    private SafeFileHandle Create()
    {
        string path = Path.Combine(folder ?? Path.GetTempPath(), $"changes-{Guid.NewGuid():N}.partial");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
    }
}
