using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Xml;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using NuGet.Versioning;

namespace MergeHost.Packages;

/// <summary>A NuGet package as a file, all of whose names and sizes were looked at before anything of it is written.</summary>
internal sealed class PackageArchive : IDisposable
{
    private const int MostEntries = 10_000;
    private const long MostNuspecBytes = 1 << 20;

    // Of a Unix mode, which zip files keep in the upper half of an entry's attributes.
    private const int KindMask = 0xF000;
    private const int RegularKind = 0x8000;
    private const int FolderKind = 0x4000;

    private readonly string _path;
    private readonly ZipArchive _zip;

    private PackageArchive(string path, ZipArchive zip, string sha512)
    {
        _path = path;
        _zip = zip;
        Sha512 = sha512;
    }

    /// <summary>The package's id.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Its version.</summary>
    public NuGetVersion Version { get; private set; } = new(0, 0, 0);

    /// <summary>The types it declares, such as <c>MergeHostPlugin</c>.</summary>
    public IReadOnlyList<string> Types { get; private set; } = [];

    /// <summary>The ids of the packages that it needs.</summary>
    public IReadOnlyList<PackageDependency> Dependencies { get; private set; } = [];

    /// <summary>The hash of the file, in Base64 as NuGet writes it.</summary>
    public string Sha512 { get; }

    /// <summary>Opens a package and checks it.</summary>
    /// <param name="path">The <c>.nupkg</c> file.</param>
    /// <param name="mostBytes">How much its files may come to.</param>
    /// <exception cref="MergeHostException">MH3020: it is no package, or one that must not be unpacked.</exception>
    public static PackageArchive Open(string path, long mostBytes)
    {
        FileStream? file = null;
        try
        {
            file = File.OpenRead(path);
            string sha512 = Convert.ToBase64String(SHA512.HashData(file));
            file.Position = 0;
            PackageArchive archive = new(path, new ZipArchive(file, ZipArchiveMode.Read), sha512);
            archive.Check(mostBytes);
            archive.ReadNuspec();
            return archive;
        }
        catch (Exception exception)
        {
            file?.Dispose();
            throw exception switch
            {
                MergeHostException => exception,
                IOException or UnauthorizedAccessException => Unusable(path, exception.Message, "Name a file that can be read.", exception),
                // Any: there is no telling what a damaged file makes the readers throw.
                _ => Unusable(path, $"is no package, or a damaged one: {exception.Message}", "Get the package again.", exception),
            };
        }
    }

    /// <summary>The hash of a package's content, which signing it does not change, in Base64 as lock files of NuGet have it.</summary>
    public string ContentHash(CancellationToken cancellation)
    {
        using PackageArchiveReader reader = new(_path);
        return reader.GetContentHash(cancellation, () => Sha512);
    }

    /// <summary>The names of the files below a folder, without it.</summary>
    public IReadOnlyList<string> Files(string folder) => [.. Entries(folder).Select(entry => entry.FullName[(folder.Length + 1)..])];

    /// <summary>Writes the files below a folder of the package into a folder on disk.</summary>
    /// <exception cref="MergeHostException">MH3020: a file is not what the package says.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Extract(string folder, string target, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 20];
        foreach (ZipArchiveEntry entry in Entries(folder))
        {
            string path = Path.Combine(target, entry.FullName[(folder.Length + 1)..].Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using Stream content = entry.Open();
            using FileStream file = new(path, FileMode.CreateNew);
            Crc32 sum = new();
            for (int length; file.Position <= entry.Length && (length = content.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                file.Write(buffer, 0, length);
                sum.Append(buffer.AsSpan(0, length));
            }

            if (file.Position != entry.Length || sum.GetCurrentHashAsUInt32() != entry.Crc32)
            {
                throw Unusable(_path, $"'{entry.FullName}' does not have the length and the check sum that the package states",
                    "Get the package again.");
            }
        }
    }

    public void Dispose() => _zip.Dispose();

    internal static MergeHostException Unusable(string path, string what, string hint, Exception? inner = null) =>
        new(new Problem(ErrorCodes.PackageUnusable, $"{path}: {what}", hint), inner);

    private IEnumerable<ZipArchiveEntry> Entries(string folder) =>
        _zip.Entries.Where(entry => !entry.FullName.EndsWith('/') && entry.FullName.StartsWith(folder + "/", StringComparison.Ordinal));

    private void Check(long mostBytes)
    {
        const string hint = "Do not install it; tell whoever made it.";
        if (_zip.Entries.Count > MostEntries)
        {
            throw Unusable(_path, $"has {_zip.Entries.Count} files; at most {MostEntries} are unpacked", hint);
        }

        long total = 0;
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            string name = entry.FullName.EndsWith('/') ? entry.FullName[..^1] : entry.FullName;
            int kind = (entry.ExternalAttributes >> 16) & KindMask;
            string? fault = PackageName.Fault(name) ?? (kind is 0 or RegularKind or FolderKind ? null : "is a link or a device");
            if (fault is not null)
            {
                throw Unusable(_path, $"the name '{Printed(name)}' {fault}", hint);
            }

            total = entry.Length < 0 || entry.Length > mostBytes - total
                ? throw Unusable(_path, $"its files come to more than {mostBytes >> 20} MiB", hint)
                : total + entry.Length;
        }

        if (PackageName.Collision(_zip.Entries.Where(entry => !entry.FullName.EndsWith('/'))
            .Select(entry => entry.FullName)) is var (first, second))
        {
            throw Unusable(_path, $"'{Printed(first)}' and '{Printed(second)}' are one name where case does not count", hint);
        }
    }

    private void ReadNuspec()
    {
        ZipArchiveEntry[] found = [.. _zip.Entries.Where(entry => !entry.FullName.Contains('/')
            && entry.FullName.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase))];
        if (found is not [{ Length: <= MostNuspecBytes } entry])
        {
            throw Unusable(_path,
                found.Length == 1 ? "its .nuspec is too long" : $"has {found.Length} .nuspec files in its root; a package has one",
                "Name a NuGet package.");
        }

        using Stream content = entry.Open();
        using XmlReader xml = XmlReader.Create(content,
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = MostNuspecBytes });
        NuspecReader nuspec = new(System.Xml.Linq.XDocument.Load(xml));
        Id = nuspec.GetId();
        Version = nuspec.GetVersion();
        Types = [.. nuspec.GetPackageTypes().Select(type => type.Name)];
        Dependencies = [.. nuspec.GetDependencyGroups().SelectMany(group => group.Packages).DistinctBy(package => package.Id)];
    }

    private static string Printed(string name) => Checkpoints.CheckpointException.Printable(name.Length <= 80 ? name : name[..80] + "…");
}
