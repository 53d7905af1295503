using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage;

namespace MergeHost.Plugins;

/// <summary>
/// The plugins that the recipes of a folder were run with, byte for byte: the file <c>mergehost.lock.json</c> beside them.
/// </summary>
internal sealed class PluginLock
{
    /// <summary>The file's name.</summary>
    public const string FileName = "mergehost.lock.json";

    private const int MostBytes = 16 << 20;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // As --hash takes it, '+' included.
        WriteIndented = true,
        NewLine = "\n",
    };

    private PluginLock(IEnumerable<LockedPlugin> plugins, IEnumerable<LockedModel> models)
    {
        Models = [.. models.DistinctBy(model => model.Name).OrderBy(model => model.Name, StringComparer.Ordinal)];
        Plugins = [.. plugins.DistinctBy(plugin => (plugin.Id, plugin.Version))
            .OrderBy(plugin => plugin.Id, StringComparer.Ordinal).ThenBy(plugin => plugin.Version, StringComparer.Ordinal)];
    }

    /// <summary>A lock without plugins.</summary>
    public static PluginLock Empty { get; } = new([], []);

    /// <summary>The models of stores, each in the revision that it was.</summary>
    public IReadOnlyList<LockedModel> Models { get; }

    /// <summary>What is locked, by id and version; one id may have several versions.</summary>
    public IReadOnlyList<LockedPlugin> Plugins { get; }

    /// <summary>The lock file that belongs to a recipe, whether it exists or not.</summary>
    public static string PathFor(string recipePath) => Path.Combine(Path.GetDirectoryName(recipePath) ?? "", FileName);

    /// <summary>Reads a lock file.</summary>
    /// <returns>The lock, or <see langword="null"/> if there is no such file.</returns>
    /// <exception cref="MergeHostException">MH3007: the file is not a lock file, or cannot be read.</exception>
    public static PluginLock? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            Content? content = JsonSerializer.Deserialize<Content>(BoundedFile.ReadBytes(path, MostBytes), _json);
            return content?.Plugins.All(plugin => plugin?.Files.All(file => file is not null) == true) == true
                && content.Models?.Contains(null!) != true
                ? new PluginLock(content.Plugins, content.Models ?? [])
                : throw new JsonException("an entry is null");
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.PluginLock, $"{path}: {exception.Message}",
                "Delete the file, and write it anew by `mergehost plugins lock RECIPE`."), exception);
        }
    }

    /// <summary>The entry of a version of a plugin, or <see langword="null"/> if it is not locked.</summary>
    public LockedPlugin? Find(PluginInfo plugin) =>
        Plugins.FirstOrDefault(locked => locked.Id == plugin.Id && locked.Version == plugin.Version.ToString());

    /// <summary>This lock with some plugins as they are now; other plugins, and other versions of these, stay.</summary>
    /// <exception cref="IOException">A plugin's file cannot be read.</exception>
    /// <param name="plugins">The plugins.</param>
    /// <param name="models">Models of stores, which take the place of those of the same names.</param>
    public PluginLock With(IReadOnlyList<PluginInfo> plugins, IEnumerable<LockedModel>? models = null) =>
        new([.. plugins.Select(LockedPlugin.Of), .. Plugins], [.. models ?? [], .. Models]);

    /// <summary>What differs between this lock and the plugins that are used, MH3007.</summary>
    /// <remarks>Plugins that are locked but not used do not matter: another command or recipe may use them.</remarks>
    /// <exception cref="IOException">A plugin's file cannot be read.</exception>
    public IReadOnlyList<Problem> Compare(IReadOnlyList<PluginInfo> used) => [.. used.SelectMany(Compare).Distinct()];

    /// <summary>The models of stores that are read and not locked, MH3007.</summary>
    /// <param name="read">The names of those that are read.</param>
    public IReadOnlyList<Problem> Compare(IEnumerable<string> read) =>
        [.. read.Except(Models.Select(model => model.Name)).Select(name => Differs($"model '{name}' is read, it is not locked"))];

    /// <summary>Writes the lock file, so that it is whole or the old one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        string partial = path + ".partial";
        File.WriteAllText(partial, JsonSerializer.Serialize(new Content(Plugins, Models.Count == 0 ? null : Models), _json) + "\n");
        File.Move(partial, path, overwrite: true);
    }

    private IEnumerable<Problem> Compare(PluginInfo plugin)
    {
        if (Find(plugin) is not { } locked)
        {
            string[] versions = [.. Plugins.Where(entry => entry.Id == plugin.Id).Select(entry => entry.Version)];
            string found = versions.Length == 0 ? "it is not locked" : $"locked is {string.Join(", ", versions)}";
            yield return Differs($"plugin {plugin} is used, {found}");
            yield break;
        }

        LockedPlugin now = LockedPlugin.Of(plugin);
        if (now.Contract != locked.Contract)
        {
            yield return Differs($"plugin {plugin} was built for contracts {now.Contract}, locked is {locked.Contract}");
        }

        if (now.Package is not null && locked.Package is not null && now.Package != locked.Package)
        {
            yield return Differs(
                $"plugin {plugin} was installed from a package with the SHA-512 {now.Package}, locked is {locked.Package}");
        }

        foreach (string path in now.Files.Concat(locked.Files).Select(file => file.Path).Distinct().Order(StringComparer.Ordinal))
        {
            LockedFile? nowFile = now.Files.FirstOrDefault(file => file.Path == path);
            LockedFile? lockedFile = locked.Files.FirstOrDefault(file => file.Path == path);
            if (nowFile != lockedFile)
            {
                string difference = lockedFile is null ? "is not locked" : "is not the file that was locked";
                yield return Differs($"plugin {plugin}: '{path}' {(nowFile is null ? "is missing" : difference)}");
            }
        }
    }

    private static Problem Differs(string message) => new(ErrorCodes.PluginLock, message,
        "Install the plugins that are locked, or lock these by `mergehost plugins lock RECIPE`.");

    private sealed record Content(
        IReadOnlyList<LockedPlugin> Plugins,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LockedModel>? Models = null);
}
