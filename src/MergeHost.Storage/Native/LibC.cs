using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Native;

/// <summary>Calls to the C library for which .NET has no counterpart.</summary>
internal static unsafe partial class LibC
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int CloseOnExec = 0x80000;
    public const uint SyncFileRangeWrite = 2;

    /// <summary><c>O_DIRECT</c>, which differs between processors; 0 where it is not known.</summary>
    public static int Direct { get; } = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mincore")]
    public static partial int MemoryInCore(byte* start, nuint lengthBytes, byte* pages);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    public static partial int SyncFileRange(SafeFileHandle file, long offset, long lengthBytes, uint flags);
}
