using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Tests;

/// <summary>Makes the system forget what it holds of a file; does nothing where that cannot be asked for.</summary>
internal static partial class Eviction
{
    private const int DontNeed = 4;

    public static void Evict(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            using SafeFileHandle file = File.OpenHandle(path, access: FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            Assert.Equal(0, Advise(file, 0, 0, DontNeed));
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long lengthBytes, int advice);
}
