namespace MergeHost.Storage;

/// <summary>Tells files from what only looks like one: to open a named pipe would wait for ever.</summary>
public static class FileKind
{
    /// <summary>Says in words what a path leads to, such as <c>a folder</c>.</summary>
    /// <returns><see langword="null"/> for an ordinary file, for a path that does not exist, and where it cannot be told.</returns>
    public static string? Unusual(string path)
    {
        if (Directory.Exists(path))
        {
            return "a folder";
        }

        return !OperatingSystem.IsLinux() ? null : LinuxFile.Kind(path) switch
        {
            0x1000 => "a named pipe",
            0x2000 or 0x6000 => "a device",
            0xC000 => "a socket",
            _ => null,
        };
    }
}
