using System.IO.Compression;
using System.Text;

namespace MergeHost.Tests.Packages;

/// <summary>Makes packages of any content, honest or not.</summary>
internal static class PackageMaker
{
    /// <summary>The text of a <c>.nuspec</c> file.</summary>
    public static string Nuspec(string id, string version, string? type = null, params string[] dependencies) => $"""
        <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
          <metadata>
            <id>{id}</id><version>{version}</version><authors>a</authors><description>d</description>
            {(type is null ? "" : $"<packageTypes><packageType name=\"{type}\" /></packageTypes>")}
            <dependencies>{string.Concat(dependencies.Select(dependency => $"<dependency id=\"{dependency}\" version=\"{version}\" "
                + "/>"))}</dependencies>
          </metadata>
        </package>
        """;

    /// <summary>Writes a package; a name may stand more than once, and <paramref name="change"/> may spoil an entry.</summary>
    public static string Write(string path, IEnumerable<(string Name, byte[] Content)> files, Action<ZipArchiveEntry>? change = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using ZipArchive zip = new(File.Create(path), ZipArchiveMode.Create);
        foreach ((string name, byte[] content) in files)
        {
            ZipArchiveEntry entry = zip.CreateEntry(name);
            change?.Invoke(entry);
            using Stream stream = entry.Open();
            stream.Write(content);
        }

        return path;
    }

    /// <summary>Writes a package named as feeds that are folders have it.</summary>
    public static string Write(string folder, string id, string version, string? type, string[] dependencies,
        params (string Name, byte[] Content)[] files) =>
        Write(Path.Combine(folder, $"{id}.{version}.nupkg"),
            [($"{id}.nuspec", Encoding.UTF8.GetBytes(Nuspec(id, version, type, dependencies))), .. files]);
}
