using System.Globalization;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>What the environment says of the hub, read as <c>huggingface_hub</c> reads it.</summary>
/// <param name="Endpoint">The hub's address, without a slash at its end.</param>
/// <param name="CacheFolder">The folder of the cache, which may not exist yet.</param>
/// <param name="Token">The user's token, or <see langword="null"/>.</param>
internal sealed record HubSettings(Uri Endpoint, string CacheFolder, string? Token)
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Whether no request may be sent.</summary>
    public bool IsOffline { get; init; }

    /// <summary>How long to wait for a connection, an answer, or its next bytes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the cache is made of files alone.</summary>
    public bool AvoidsLinks { get; init; }

    /// <summary>The longest time that the hub may ask to wait for.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Reads the settings.</summary>
    /// <param name="get">Gives an environment variable, or <see langword="null"/>.</param>
    /// <exception cref="HubException">The endpoint is no address, or the token cannot be one.</exception>
    public static HubSettings Read(Func<string, string?> get)
    {
        string home = Expand(Text("HF_HOME") ?? Path.Combine(Text("XDG_CACHE_HOME") ?? "~/.cache", "huggingface"), get);
        string cache = Expand(Text("HF_HUB_CACHE") ?? Text("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"), get);
        string endpoint = (Text("HF_ENDPOINT") ?? DefaultEndpoint).TrimEnd('/');
        return Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) && HubAddress.IsUsable(address)
            ? new HubSettings(address, Path.GetFullPath(cache), TokenOf(home, get))
            {
                IsOffline = IsTrue(get("HF_HUB_OFFLINE") ?? get("TRANSFORMERS_OFFLINE")),
                AvoidsLinks = IsTrue(get("HF_HUB_DISABLE_SYMLINKS")),
                Timeout = TimeSpan.FromSeconds(int.TryParse(get("HF_HUB_DOWNLOAD_TIMEOUT"), CultureInfo.InvariantCulture, out int seconds)
                    && seconds > 0 ? seconds : 10),
            }
            : throw new HubException(HubFault.Address, "HF_ENDPOINT", "expected an http or https address without a user's name",
                "Unset HF_ENDPOINT, or set it to the hub's address.");

        string? Text(string name) => get(name) is { Length: > 0 } text ? text : null;
    }

    private static string? TokenOf(string home, Func<string, string?> get)
    {
        if (IsTrue(get("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
        {
            return null;
        }

        string path = Expand(get("HF_TOKEN_PATH") is { Length: > 0 } given ? given : Path.Combine(home, "token"), get);
        string? token = Trimmed(get("HF_TOKEN")) ?? Trimmed(get("HUGGING_FACE_HUB_TOKEN")) ?? Trimmed(Stored(path));
        return token is null || token.All(c => c is > ' ' and < '\x7f')
            ? token
            : throw new HubException(HubFault.Denied, "token", "expected letters, digits and signs, found a blank or another character",
                "Set HF_TOKEN again.");
    }

    private static string? Stored(string path)
    {
        try
        {
            return File.Exists(path) && new FileInfo(path).Length < 65_536 ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubFault.Cache, path, "the stored token cannot be read", "Set HF_TOKEN, or make the file readable.",
                exception);
        }
    }

    private static string? Trimmed(string? text) =>
        text?.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim() is { Length: > 0 } token
            ? token
            : null;

    private static bool IsTrue(string? text) => text?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    // '~' and $NAME, as Python's expanduser and expandvars have them.
    private static string Expand(string path, Func<string, string?> get)
    {
        string user = get("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string full = path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? user + path[1..] : path;
        return System.Text.RegularExpressions.Regex
            .Replace(full, @"\$(\w+|\{[^}]*\})", name => get(name.Groups[1].Value.Trim('{', '}')) ?? name.Value);
    }
}
