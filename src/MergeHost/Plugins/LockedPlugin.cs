using System.Security.Cryptography;

namespace MergeHost.Plugins;

/// <summary>One version of a plugin in a lock file.</summary>
/// <param name="Id">The plugin's id.</param>
/// <param name="Version">Its version, without build metadata.</param>
/// <param name="Contract">The contracts it was built for, such as <c>0.1</c>.</param>
/// <param name="Files">Each file that can run or decides what runs, by path.</param>
internal sealed record LockedPlugin(string Id, string Version, string Contract, IReadOnlyList<LockedFile> Files)
{
    private static readonly string[] _ignored = [".xml", ".pdb"];

    /// <summary>Hashes a plugin's files.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static LockedPlugin Of(PluginInfo plugin) => new(
        plugin.Id, plugin.Version.ToString(), plugin.ContractVersion.ToString(2), HashFiles(plugin.Folder));

    private static IReadOnlyList<LockedFile> HashFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => !_ignored.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            .Select(path => new LockedFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), Hash(path)))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ];

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

/// <summary>A file of a plugin in a lock file.</summary>
/// <param name="Path">Its path within the plugin's folder, with slashes.</param>
/// <param name="Sha256">The hash of its bytes, in lower-case hexadecimal.</param>
internal sealed record LockedFile(string Path, string Sha256);
