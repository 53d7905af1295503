using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Asks the hub which commit a revision is, and which files it has.</summary>
internal static partial class HubListing
{
    private const int MostAnswerBytes = 20_000_000;
    private const int MostPages = 200;

    private static readonly string[] _refKinds = ["branches", "tags"];

    /// <summary>What a revision is.</summary>
    /// <exception cref="HubException">There is none, or the hub does not tell.</exception>
    public static HubRevision RevisionOf(HubConnection hub, HubId repository, string revision, CancellationToken cancellation)
    {
        string where = $"{repository}@{revision}";
        (byte[] content,
            _) = hub.Get(hub.AddressOf($"{repository.Api}/revision/{Uri.EscapeDataString(revision)}"), where, MostAnswerBytes,
                cancellation);
        JsonNode? answer = Parse(content, where);
        return answer.Find("sha").AsText() is { } commit && HubName.IsCommit(commit)
            ? new HubRevision(commit, LicenseOf(answer), AccessOf(answer))
            : throw Wrong(where, "the answer names no commit");
    }

    /// <summary>The files of a commit.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public static IReadOnlyList<HubEntry> FilesOf(HubConnection hub, HubId id, string commit, CancellationToken cancellation)
    {
        List<HubEntry> files = [];
        string repository = id.Name;
        Uri? address = hub.AddressOf($"{id.Api}/tree/{commit}?recursive=true");
        for (int page = 0; address is not null; page++)
        {
            if (page == MostPages)
            {
                throw Wrong(repository, "the listing has no end");
            }

            (byte[] content, HttpResponseHeaders headers) = hub.Get(address, repository, MostAnswerBytes, cancellation);
            JsonArray rows = Parse(content, repository) as JsonArray ?? throw Wrong(repository, "the listing is no list");
            files.AddRange(rows.Where(row => row.Find("type").AsText() == "file").Select(row => EntryOf(row, repository)));
            address = NextOf(headers, address, hub.Settings, repository);
        }

        return [.. files.DistinctBy(file => file.Path).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The names of a repository's branches and tags.</summary>
    /// <exception cref="HubException">The hub does not tell.</exception>
    public static IReadOnlyList<string> RevisionsOf(HubConnection hub, HubId repository, CancellationToken cancellation)
    {
        (byte[] content, _) = hub.Get(hub.AddressOf($"{repository.Api}/refs"), repository.Name, MostAnswerBytes, cancellation);
        JsonNode? refs = Parse(content, repository.Name);
        return [.. _refKinds.SelectMany(kind => refs.Find(kind) as JsonArray ?? []).Select(row => row.Find("name").AsText())
            .OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads an answer as JSON.</summary>
    /// <exception cref="HubException">It is none.</exception>
    public static JsonNode? Parse(byte[] content, string where) => PythonJson.Parse(content, _ =>
    {
        bool isPage = System.Text.Encoding.ASCII.GetString(content, 0, Math.Min(300, content.Length))
            .Contains("<html", StringComparison.OrdinalIgnoreCase);
        return new HubException(HubFault.Answer, where, $"the answer is {(isPage ? "a web page, no" : "no")} JSON",
            isPage ? "Look whether the network wants you to log in." : null);
    });

    /// <summary>An answer that is JSON of another kind.</summary>
    public static HubException Wrong(string where, string what) => new(HubFault.Answer, where, what, "Look at HF_ENDPOINT: is it a hub?");

    // The card's own words; a list where a model has several.
    private static string? LicenseOf(JsonNode? answer)
    {
        JsonNode? card = answer.Find("cardData");
        JsonNode? license = card.Find("license");
        string? name = license.AsText()
            ?? (license is JsonArray several ? string.Join(" and ", several.Select(part => part.AsText()).OfType<string>()) : null);
        return name is "other" && card.Find("license_name").AsText() is { } own ? own : name is { Length: > 0 } ? name : null;
    }

    private static string? AccessOf(JsonNode? answer) =>
        answer.Find("private") is JsonValue hidden && hidden.GetValueKind() == System.Text.Json.JsonValueKind.True ? "private"
        : answer.Find("gated").AsText() is { Length: > 0 } gate ? $"gated ({gate})" : null;

    private static HubEntry EntryOf(JsonNode? row, string repository)
    {
        string? sha = row.Find("lfs").Find("oid").AsText();
        return row.Find("path").AsText() is { } path && row.Find("oid").AsText() is { } oid && HubEntry.IsDigest(oid)
            && row.Find("size").AsWhole() is >= 0 and { } lengthBytes
            && (row.Find("lfs") is not JsonObject || (sha is { Length: 64 } && HubEntry.IsDigest(sha)))
                ? new HubEntry(path, lengthBytes, oid, sha)
                : throw Wrong(repository, "a file of the listing lacks its path, size or digest");
    }

    private static Uri? NextOf(HttpResponseHeaders headers, Uri address, HubSettings settings, string repository)
    {
        if (!headers.NonValidated.TryGetValues("Link", out HeaderStringValues links)
            || Next().Match(links.ToString()) is not { Success: true } link)
        {
            return null;
        }

        Uri? next = HubAddress.Follow(settings.Endpoint, address, link.Groups[1].Value);
        return next?.HasOrigin(settings.Endpoint) == true ? next
            : throw new HubException(HubFault.Address, repository, "the next page of the listing is on another host",
                "Look at HF_ENDPOINT, and at proxies between you and the hub.");
    }

    [GeneratedRegex(@"<([^>]+)>\s*;\s*rel=""next""")]
    private static partial Regex Next();
}
