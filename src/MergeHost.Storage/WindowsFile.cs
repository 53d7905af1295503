using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>What Windows says of a file.</summary>
internal static unsafe partial class WindowsFile
{
    private const uint ReadAttributes = 0x80;
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;

    // Folders are opened only with it.
    private const uint BackupSemantics = 0x02000000;
    private const int NotFound = 2;
    private const int PathNotFound = 3;
    private const int BasicInfo = 0;

    public static FileIdentity Look(SafeFileHandle file)
    {
        // BY_HANDLE_FILE_INFORMATION and FILE_BASIC_INFO.
        uint* known = stackalloc uint[13];
        long* basic = stackalloc long[5];
        return GetFileInformationByHandle(file, known) && GetFileInformationByHandleEx(file, BasicInfo, basic, 5 * sizeof(long))
            ? new FileIdentity(known[7], Join(known[11], known[12]), (long)Join(known[8], known[9]), basic[2], basic[3])
            : throw FileIdentity.Failed("an open file", Marshal.GetLastPInvokeError());
    }

    public static FileIdentity? Look(string path)
    {
        using SafeFileHandle file = CreateFile(path, ReadAttributes, ShareAll, 0, OpenExisting, BackupSemantics, 0);
        if (!file.IsInvalid)
        {
            return Look(file);
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NotFound or PathNotFound ? null : throw FileIdentity.Failed(path, error);
    }

    private static ulong Join(uint high, uint low) => ((ulong)high << 32) | low;

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandle(SafeFileHandle file, uint* result);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandleEx(SafeFileHandle file, int kind, long* result, uint lengthBytes);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(string path, uint access, uint share, nint security, uint disposition, uint flags,
        nint template);
}
