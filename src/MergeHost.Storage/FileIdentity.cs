using System.ComponentModel;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage;

/// <summary>What the system says of a file, through links: equal as long as it is the same file and nobody wrote to it.</summary>
/// <remarks>
/// A time of change (<c>ctime</c>) cannot be set back, so that a file with the size and the time of modification of another is still told
/// from it. Taken of a handle it is that of the file that is read, whatever its name leads to by now.
/// </remarks>
/// <param name="Device">The file system.</param>
/// <param name="Number">The file's number in the file system: its inode.</param>
/// <param name="LengthBytes">The length.</param>
/// <param name="Modified">When the content was modified, in nanoseconds since 1970 (on Windows, units of 100 ns since 1601).</param>
/// <param name="Changed">When content, name or rights were changed, in the same unit.</param>
public readonly record struct FileIdentity(ulong Device, ulong Number, long LengthBytes, long Modified, long Changed)
{
    /// <summary>The identity of an open file.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static FileIdentity Of(SafeFileHandle file) =>
        OperatingSystem.IsLinux() ? LinuxFile.Look(file)
        : OperatingSystem.IsMacOS() ? MacFile.Look(file)
        : OperatingSystem.IsWindows() ? WindowsFile.Look(file)
        : throw new PlatformNotSupportedException();

    /// <summary>The identity of the file or folder that a path leads to; nothing is opened that could wait, such as a named pipe.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static FileIdentity Of(string path) =>
        TryOf(path) ?? throw new FileNotFoundException($"{path}: there is no such file", path);

    /// <summary>The identity of the file or folder that a path leads to, or <see langword="null"/> if
    /// there is none, or a link leads nowhere.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static FileIdentity? TryOf(string path) =>
        OperatingSystem.IsLinux() ? LinuxFile.Look(path)
        : OperatingSystem.IsMacOS() ? MacFile.Look(path)
        : OperatingSystem.IsWindows() ? WindowsFile.Look(path)
        : throw new PlatformNotSupportedException();

    /// <summary>Whether both are of one file, however it was changed in between.</summary>
    public bool IsSameFile(FileIdentity other) => (Device, Number) == (other.Device, other.Number);

    /// <summary>All of it but the device, as text that can be stored and compared: the numbers of devices
    /// differ between machines that share files.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number:x}:{LengthBytes}:{Modified}:{Changed}");

    internal static IOException Failed(string path, int error) => new($"{path}: {new Win32Exception(error).Message}", error);
}
