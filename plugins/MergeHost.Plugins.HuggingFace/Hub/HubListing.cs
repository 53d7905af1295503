using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Asks the hub which commit a revision is, and which files it has.</summary>
internal static partial class HubListing
{
    private const int MostAnswerBytes = 20_000_000;
    private const int MostPages = 200;

    private static readonly string[] _refKinds = ["branches", "tags"];

    /// <summary>The commit of a revision.</summary>
    /// <exception cref="HubException">There is none, or the hub does not tell.</exception>
    public static string CommitOf(HubConnection hub, HubName name, CancellationToken cancellation)
    {
        Uri address = AddressOf(hub.Settings, $"api/models/{name.Repository}/revision/{Uri.EscapeDataString(name.Revision)}");
        string where = $"{name.Repository}@{name.Revision}";
        (byte[] content, _) = hub.Get(address, where, MostAnswerBytes, cancellation);
        using JsonDocument info = Parse(content, where);
        return Text(info.RootElement, "sha") is { } commit && HubName.IsCommit(commit) ? commit : throw Wrong(where, "the answer names no commit");
    }

    /// <summary>The files of a commit.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public static IReadOnlyList<HubEntry> FilesOf(HubConnection hub, string repository, string commit, CancellationToken cancellation)
    {
        List<HubEntry> files = [];
        Uri? address = AddressOf(hub.Settings, $"api/models/{repository}/tree/{commit}?recursive=true");
        for (int page = 0; address is not null; page++)
        {
            if (page == MostPages)
            {
                throw Wrong(repository, "the listing has no end");
            }

            (byte[] content, HttpResponseHeaders headers) = hub.Get(address, repository, MostAnswerBytes, cancellation);
            using JsonDocument rows = Parse(content, repository);
            if (rows.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw Wrong(repository, "the listing is no list");
            }

            files.AddRange(rows.RootElement.EnumerateArray().Where(row => Text(row, "type") == "file").Select(row => EntryOf(row, repository)));
            address = NextOf(headers, address, hub.Settings, repository);
        }

        return [.. files.DistinctBy(file => file.Path).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The names of a repository's branches and tags.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public static IReadOnlyList<string> RevisionsOf(HubConnection hub, string repository, CancellationToken cancellation)
    {
        (byte[] content, _) = hub.Get(AddressOf(hub.Settings, $"api/models/{repository}/refs"), repository, MostAnswerBytes, cancellation);
        using JsonDocument refs = Parse(content, repository);
        return
        [
            .. _refKinds
                .Select(kind => refs.RootElement.ValueKind == JsonValueKind.Object && refs.RootElement.TryGetProperty(kind, out JsonElement rows) ? rows : default)
                .Where(rows => rows.ValueKind == JsonValueKind.Array)
                .SelectMany(rows => rows.EnumerateArray().Select(row => Text(row, "name"))).OfType<string>().Distinct().Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The address of something on the hub.</summary>
    public static Uri AddressOf(HubSettings settings, string path) => new($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static HubEntry EntryOf(JsonElement row, string repository)
    {
        bool hasLfs = row.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object;
        return Text(row, "path") is { } path && Text(row, "oid") is { } oid && HubEntry.IsDigest(oid)
            && row.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long lengthBytes) && lengthBytes >= 0
            && (!hasLfs || (Text(lfs, "oid") is { Length: 64 } sha && HubEntry.IsDigest(sha)))
                ? new HubEntry(path, lengthBytes, oid, hasLfs ? Text(lfs, "oid") : null)
                : throw Wrong(repository, "a file of the listing lacks its path, size or digest");
    }

    private static Uri? NextOf(HttpResponseHeaders headers, Uri address, HubSettings settings, string repository)
    {
        if (!headers.NonValidated.TryGetValues("Link", out HeaderStringValues links) || Next().Match(links.ToString()) is not { Success: true } link)
        {
            return null;
        }

        Uri? next = HubAddress.Follow(settings.Endpoint, address, link.Groups[1].Value);
        return next?.HasOrigin(settings.Endpoint) == true ? next
            : throw new HubException(HubFault.Address, repository, "the next page of the listing is on another host", "Look at HF_ENDPOINT, and at proxies between you and the hub.");
    }

    private static JsonDocument Parse(byte[] content, string where)
    {
        try
        {
            return JsonDocument.Parse(content);
        }
        catch (JsonException exception)
        {
            bool isPage = System.Text.Encoding.ASCII.GetString(content, 0, Math.Min(300, content.Length)).Contains("<html", StringComparison.OrdinalIgnoreCase);
            throw new HubException(HubFault.Answer, where, $"the answer is {(isPage ? "a web page, no" : "no")} JSON",
                isPage ? "Look whether the network wants you to log in." : null, exception);
        }
    }

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Text with half a surrogate pair.
            return null;
        }
    }

    private static HubException Wrong(string where, string what) => new(HubFault.Answer, where, what, "Look at HF_ENDPOINT: is it a hub?");

    [GeneratedRegex(@"<([^>]+)>\s*;\s*rel=""next""")]
    private static partial Regex Next();
}
