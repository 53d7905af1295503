namespace MergeHost.Kernels.IO;

/// <summary>Tells files from what only looks like one: to open a named pipe would wait for ever.</summary>
public static class FileKind
{
    // Where struct statx, whose layout is the same everywhere, keeps st_mode.
    private const int StatxModeOffset = 28;
    private const int StatxBytes = 256;

    /// <summary>Says in words what a path leads to, such as <c>a folder</c>.</summary>
    /// <returns><see langword="null"/> for an ordinary file, for a path that does not exist, and where it cannot be told.</returns>
    public static string? Unusual(string path)
    {
        if (Directory.Exists(path))
        {
            return "a folder";
        }

        return OperatingSystem.IsLinux() ? UnusualOnLinux(path) : null;
    }

    private static unsafe string? UnusualOnLinux(string path)
    {
        byte* result = stackalloc byte[StatxBytes];
        try
        {
            if (LibC.Statx(LibC.CurrentFolder, path, flags: 0, LibC.StatxType, result) != 0)
            {
                return null;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        return (*(ushort*)(result + StatxModeOffset) & 0xF000) switch
        {
            0x1000 => "a named pipe",
            0x2000 or 0x6000 => "a device",
            0xC000 => "a socket",
            _ => null,
        };
    }
}
