using System.Reflection;
using MergeHost.Storage;
using NuGet.Packaging.Core;
using NuGet.Versioning;

namespace MergeHost.Packages;

/// <summary>Brings recipes and small models to begin with into a folder, from the user's package feeds.</summary>
internal static class ExampleInstaller
{
    private const string Id = "MergeHost.Quickstart";
    private const string PackageType = "MergeHostExample";
    private const long MostBytes = 1L << 30;

    // Recipes are those of the program's own version.
    private static readonly NuGetVersion _version = NuGetVersion.Parse(
        typeof(ExampleInstaller).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);

    /// <summary>Writes the example.</summary>
    /// <param name="folder">A folder that does not exist yet.</param>
    /// <param name="feeds">Where the package is looked for.</param>
    /// <param name="cancellation">Asks to stop; nothing is kept then.</param>
    /// <exception cref="MergeHostException">The folder exists or cannot be written, or no feed has the package.</exception>
    public static async Task Write(string folder, PackageFeeds feeds, CancellationToken cancellation)
    {
        if (Directory.Exists(folder) || File.Exists(folder))
        {
            throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{folder}: this exists", "Name another folder."), null);
        }

        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string partial = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(partial);
            string file = Path.Combine(partial, "package.nupkg");
            if (await feeds.Download(new PackageIdentity(Id, _version), file, cancellation).ConfigureAwait(false) is null)
            {
                throw feeds.Missing($"{Id} {_version}", "Name a feed that has it by --source FEED.");
            }

            using (PackageArchive archive = PackageArchive.Open(file, MostBytes))
            {
                if (!archive.Types.Contains(PackageType))
                {
                    throw PackageArchive.Unusable(Id, $"does not have the type '{PackageType}'", "Name a feed of ours by --source FEED.");
                }

                archive.Extract("example", partial, cancellation);
            }

            File.Delete(file);
            Directory.Move(partial, target);
            DurableFolder.Flush(Path.GetDirectoryName(target)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{folder}: {exception.Message}",
                "Name a folder that can be written."), exception);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }
}
