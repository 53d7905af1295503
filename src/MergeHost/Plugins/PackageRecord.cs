using System.Text.Encodings.Web;
using System.Text.Json;
using MergeHost.Storage;

namespace MergeHost.Plugins;

/// <summary>What an installed plugin was unpacked from: a small file in its folder.</summary>
/// <param name="Id">The package's id, which is the plugin's.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha512">The hash of the package, in Base64 as NuGet writes it.</param>
/// <param name="Source">The feed or the file it came from.</param>
internal sealed record PackageRecord(string Id, string Version, string Sha512, string Source)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "mergehost.package.json";

    private const int MostBytes = 1 << 16;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Reads the record of a plugin's folder, or <see langword="null"/> if the plugin was not installed from a package.</summary>
    public static PackageRecord? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<PackageRecord>(BoundedFile.ReadBytes(path, MostBytes), _json) : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.PluginUnreadable, $"{path}: {exception.Message}",
                "Install the plugin again, or remove its folder."), exception);
        }
    }

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, _json) + "\n");
}
