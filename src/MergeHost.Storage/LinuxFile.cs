using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>What Linux says of a file: <c>struct statx</c>, whose layout is the same on every processor.</summary>
internal static unsafe partial class LinuxFile
{
    private const int StatxBytes = 256;
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicFields = 0x7ff;
    private const int NotFound = 2;
    private const int NotAFolder = 20;

    /// <summary>The bits of <c>st_mode</c> that tell files from folders, pipes and devices;
    /// <see langword="null"/> where it cannot be told.</summary>
    public static int? Kind(string path)
    {
        byte* result = stackalloc byte[StatxBytes];
        return Statx(CurrentFolder, path, 0, BasicFields, result) == 0 ? *(ushort*)(result + 28) & 0xF000 : null;
    }

    public static FileIdentity Look(SafeFileHandle file)
    {
        byte* result = stackalloc byte[StatxBytes];
        bool isKept = false;
        try
        {
            file.DangerousAddRef(ref isKept);
            return Statx((int)file.DangerousGetHandle(), "", EmptyPath, BasicFields, result) == 0
                ? Identity(result)
                : throw FileIdentity.Failed("an open file", Marshal.GetLastPInvokeError());
        }
        finally
        {
            if (isKept)
            {
                file.DangerousRelease();
            }
        }
    }

    public static FileIdentity? Look(string path)
    {
        byte* result = stackalloc byte[StatxBytes];
        if (Statx(CurrentFolder, path, 0, BasicFields, result) == 0)
        {
            return Identity(result);
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NotFound or NotAFolder ? null : throw FileIdentity.Failed(path, error);
    }

    private static FileIdentity Identity(byte* statx) => new(
        ((ulong)*(uint*)(statx + 136) << 32) | *(uint*)(statx + 140),
        *(ulong*)(statx + 32),
        *(long*)(statx + 40),
        Time(statx + 112),
        Time(statx + 96));

    // Beyond 1677 and 2262 it wraps around, which is no matter for what is only compared.
    private static long Time(byte* timestamp) => unchecked((*(long*)timestamp * 1_000_000_000) + *(uint*)(timestamp + 8));

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* result);
}
