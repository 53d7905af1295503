using System.Security.Cryptography;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Plugins;

/// <summary>One version of a plugin in a lock file.</summary>
/// <param name="Id">The plugin's id.</param>
/// <param name="Version">Its version, without build metadata.</param>
/// <param name="Contract">The contracts it was built for, such as <c>0.1</c>.</param>
/// <param name="Files">Each file that can run or decides what runs, by path.</param>
/// <param name="Package">The SHA-512 of the package that it was installed from, in Base64 for <c>plugins install --hash</c>;
/// <see langword="null"/> if there was none.</param>
internal sealed record LockedPlugin(string Id, string Version, string Contract, IReadOnlyList<LockedFile> Files, string? Package = null)
{
    private static readonly string[] _ignored = [".xml", ".pdb"];

    /// <summary>Hashes a plugin's files.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static LockedPlugin Of(PluginInfo plugin) => new(
        plugin.Id, plugin.Version.ToString(), plugin.ContractVersion.ToString(2), HashFiles(plugin.Folder),
        PackageRecord.Read(plugin.Folder)?.Sha512);

    private static IReadOnlyList<LockedFile> HashFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => !_ignored.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)
                && Path.GetFileName(path) != PackageRecord.FileName)
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
