using System.Runtime.InteropServices;
using MergeHost.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>Makes the names in a folder survive a loss of power.</summary>
public static class DurableFolder
{
    /// <summary>Waits until files that were created, renamed or deleted in a folder are so on the disk, too.</summary>
    /// <remarks>Does nothing on Windows, which has no such call.</remarks>
    /// <exception cref="IOException">The folder cannot be opened or written.</exception>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // .NET opens no folders, but flushes one that is open.
        using SafeFileHandle folder = LibC.Open(path, LibC.ReadOnly | (OperatingSystem.IsLinux() ? LibC.CloseOnExec : 0));
        if (folder.IsInvalid)
        {
            throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        RandomAccess.FlushToDisk(folder);
    }
}
