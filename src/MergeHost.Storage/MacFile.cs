using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>What macOS says of a file: <c>struct stat</c> with inodes of 64 bits.</summary>
internal static unsafe partial class MacFile
{
    private const int StatBytes = 256;
    private const int NotFound = 2;
    private const int NotAFolder = 20;

    // On x64 the plain names are those of an older layout.
    private static readonly bool _isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static FileIdentity Look(SafeFileHandle file)
    {
        byte* result = stackalloc byte[StatBytes];
        return (_isArm ? FStat(file, result) : FStat64(file, result)) == 0
            ? Identity(result)
            : throw FileIdentity.Failed("an open file", Marshal.GetLastPInvokeError());
    }

    public static FileIdentity? Look(string path)
    {
        byte* result = stackalloc byte[StatBytes];
        if ((_isArm ? Stat(path, result) : Stat64(path, result)) == 0)
        {
            return Identity(result);
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NotFound or NotAFolder ? null : throw FileIdentity.Failed(path, error);
    }

    private static FileIdentity Identity(byte* stat) => new(
        *(uint*)stat, *(ulong*)(stat + 8), *(long*)(stat + 96), Time(stat + 48), Time(stat + 64));

    private static long Time(byte* timestamp) => unchecked((*(long*)timestamp * 1_000_000_000) + *(long*)(timestamp + 8));

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int FStat(SafeFileHandle file, byte* result);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int FStat64(SafeFileHandle file, byte* result);

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat64(string path, byte* result);
}
