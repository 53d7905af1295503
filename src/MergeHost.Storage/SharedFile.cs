using System.Text;
using MergeHost.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>Reads files that another process may have locked for itself, where the system's
/// locks are advice, as on Linux and macOS.</summary>
public static class SharedFile
{
    /// <summary>Reads a text in UTF-8 as far as it is written.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static string ReadText(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.ReadAllText(path);
        }

        // .NET itself asks for a lock of every file that it opens.
        using SafeFileHandle handle = LibC.Open(path, LibC.ReadOnly | (OperatingSystem.IsLinux() ? LibC.CloseOnExec : 0));
        if (handle.IsInvalid)
        {
            throw new IOException($"{path}: the file cannot be opened");
        }

        byte[] bytes = new byte[RandomAccess.GetLength(handle)];
        int length = 0;
        while (length < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(length), length) is > 0 and int read)
        {
            length += read;
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
