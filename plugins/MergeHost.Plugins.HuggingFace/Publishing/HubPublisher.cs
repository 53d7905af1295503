using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Stores;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>Pushes files to the hub: the card is looked at first, then large files are uploaded, and
/// one commit makes all of them visible.</summary>
internal sealed class HubPublisher(HubConnection hub, HubName name, PublishRequest request, Action<string> tell,
    IProgress<TransferProgress>? progress)
{
    private const string Card = "README.md";
    private const int MostCommitTries = 3;

    private readonly HubApi _api = new(hub, name.Id);

    /// <summary>Refuses to write without a token.</summary>
    /// <exception cref="HubException">There is none.</exception>
    public static void CheckToken(HubConnection hub, HubName name)
    {
        if (hub.Settings.Token is null)
        {
            throw new HubException(HubFault.Denied, name.Repository, "a token is needed to write, and none is given",
                "Set HF_TOKEN to a token that may write, or run `hf auth login`.");
        }
    }

    /// <summary>Pushes what is not there yet.</summary>
    /// <exception cref="HubException">The hub refuses or does not answer, or a file's name must not be used.</exception>
    public PublishedCheckpoint Run(CancellationToken cancellation)
    {
        CheckToken(hub, name);
        LocalFile[] files = [.. request.Files.Order(StringComparer.Ordinal)
            .Select(path => HubCache.Guard(() => LocalFile.Of(request.Folder, path)))];
        CheckNames(files);
        CheckCard(files, cancellation);
        if (!request.IsProposal)
        {
            Create(cancellation);
        }

        (IReadOnlyList<PlannedFile> planned, string parent) = Plan(files, cancellation);
        PlannedFile[] changed = [.. planned.Where(file => file.IsChanged)];
        if (changed.Length == 0)
        {
            return new PublishedCheckpoint($"{HubName.Scheme}{name.Repository}@{parent}", null, 0, IsChanged: false);
        }

        long sent = new LargeUploads(hub, _api, request.IsProposal ? null : name.Revision, tell, progress)
            .Run([.. changed.Where(file => file.IsLarge)], cancellation);
        return Commit(changed, parent, cancellation) with
        {
            SentBytes = sent + changed.Where(file => !file.IsLarge).Sum(file => file.File.LengthBytes)
        };
    }

    private void CheckNames(LocalFile[] files)
    {
        string? unsafeName = HubPath.FirstUnsafe(files.Select(file => file.Path))
            ?? files.FirstOrDefault(file => file.Path.Split('/')[0] is ".cache" or ".git")?.Path;
        if (unsafeName is not null)
        {
            throw new HubException(HubFault.UnsafeName, name.Repository,
                $"the file name '{CheckpointException.Printable(unsafeName)}' must not be used on the hub",
                "Rename the file, or move it away.");
        }

        if (!name.Repository.Contains('/', StringComparison.Ordinal))
        {
            throw new HubException(HubFault.NotFound, name.Repository, "a model needs an owner to be pushed",
                $"Write ORG/{name.Repository}.");
        }
    }

    // Before anything is made: what is wrong with a card shows late otherwise.
    private void CheckCard(LocalFile[] files, CancellationToken cancellation)
    {
        if (files.FirstOrDefault(file => file.Path == Card) is not { } card)
        {
            return;
        }

        string content = Encoding.UTF8.GetString(HubCache.Guard(card.ReadAll));
        (int status,
            JsonNode? answer) = _api.Post("api/validate-yaml", new JsonObject { ["content"] = content, ["repoType"] = "model" },
                cancellation, accepted: 400);
        if (status == 400)
        {
            IEnumerable<string> errors = (answer.Find("errors") as JsonArray ?? []).Select(error => error.Find("message").AsText())
                .OfType<string>();
            throw new HubException(HubFault.Card, $"{name.Repository}/{Card}",
                $"the hub does not take the card: {CheckpointException.Printable(string.Join("; ", errors))}",
                $"Mend the front matter of '{card.FullPath}'.");
        }
    }

    private void Create(CancellationToken cancellation)
    {
        string[] parts = name.Repository.Split('/');
        JsonObject repository = new()
        {
            ["name"] = parts[1],
            ["organization"] = parts[0],
            ["type"] = "model",
            ["visibility"] = request.IsPrivate ? "private" : "public"
        };
        try
        {
            (int status, _) = _api.Post("api/repos/create", repository, cancellation, accepted: 409);
            tell(status == 409
                ? $"{name.Repository} is there already"
                : $"{name.Repository} was made, {(request.IsPrivate ? "private" : "public")}");
        }
        catch (HubException exception) when (exception.Fault == HubFault.Denied && Exists(cancellation))
        {
            // Who may write to a repository need not be allowed to make one.
        }

        if (name.Revision != "main")
        {
            _api.Post($"{name.Id.Api}/branch/{Uri.EscapeDataString(name.Revision)}", [], cancellation, accepted: 409);
        }
    }

    private bool Exists(CancellationToken cancellation)
    {
        try
        {
            return HubListing.RevisionOf(hub, name.Id, "main", cancellation).Commit.Length > 0;
        }
        catch (HubException)
        {
            return false;
        }
    }

    private (IReadOnlyList<PlannedFile> Files, string Parent) Plan(LocalFile[] files, CancellationToken cancellation)
    {
        List<PlannedFile> planned = [];
        string? parent = null;
        foreach (LocalFile[] part in files.Chunk(256))
        {
            JsonArray rows = [.. part.Select(file => new JsonObject
            {
                ["path"] = file.Path,
                ["size"] = file.LengthBytes,
                ["sample"] = Convert.ToBase64String(HubCache.Guard(file.ReadSample))
            })];
            (_, JsonNode? answer) = _api.Post($"{name.Id.Api}/preupload/{Uri.EscapeDataString(name.Revision)}{Proposal}",
                new JsonObject { ["files"] = rows }, cancellation);
            Dictionary<string, JsonNode> modes = (answer.Find("files") as JsonArray ?? []).OfType<JsonNode>()
                .Where(row => row.Find("path").AsText() is not null).DistinctBy(row => row.Find("path").AsText()!)
                .ToDictionary(row => row.Find("path").AsText()!);
            string commit = answer.Find("commitOid").AsText() is { } oid && HubName.IsCommit(oid)
                ? oid
                : throw HubListing.Wrong(name.Repository, "the answer names no commit");
            if (commit != (parent ??= commit))
            {
                throw Moved();
            }

            foreach (LocalFile file in part)
            {
                string? mode = modes.GetValueOrDefault(file.Path).Find("uploadMode").AsText();
                if (mode is not ("lfs" or "regular"))
                {
                    throw HubListing.Wrong($"{name.Repository}/{file.Path}", "the hub does not say how the file is uploaded");
                }

                planned.Add(HubCache.Guard(() => PlannedFile.Of(file, mode == "lfs" && file.LengthBytes > 0,
                    modes[file.Path].Find("oid").AsText(), cancellation)));
            }
        }

        return (planned, parent ?? throw new HubException(HubFault.NotFound, request.Folder, "there is no file to push"));
    }

    private PublishedCheckpoint Commit(PlannedFile[] files, string parent, CancellationToken cancellation)
    {
        byte[] lines = HubCache.Guard(() => CommitLines.Of(request.Message, parent, files));
        string path = $"{name.Id.Api}/commit/{Uri.EscapeDataString(name.Revision)}{Proposal}";
        for (int tries = 1; ; tries++)
        {
            try
            {
                (int status,
                    JsonNode? answer) = _api.Send(path, lines, "application/x-ndjson", isRepeatable: false, accepted: 412, cancellation);
                if (status == 412)
                {
                    throw Moved();
                }

                string commit = answer.Find("commitOid").AsText()
                    ?? throw new HubException(HubFault.Unreachable, name.Repository, "the answer to the commit was lost",
                        "Push again: what was uploaded is not sent a second time.");
                string? address = answer.Find("pullRequestUrl").AsText() ?? answer.Find("commitUrl").AsText();
                return new PublishedCheckpoint($"{HubName.Scheme}{name.Repository}@{commit}", address, 0, IsChanged: true);
            }
            catch (HubException exception) when (exception.Fault == HubFault.Unreachable)
            {
                // The answer may be what was lost: looked at, rather than sent a second time.
                if (request.IsProposal)
                {
                    throw new HubException(HubFault.Unreachable, name.Repository,
                        $"{exception.Message}; whether the pull request was opened is not known",
                        "Look at the model's discussions before you try again.", exception);
                }

                string now = HubListing.RevisionOf(hub, name.Id, name.Revision, cancellation).Commit;
                if (now != parent)
                {
                    return IsMade(files, now, cancellation)
                        ? new PublishedCheckpoint($"{HubName.Scheme}{name.Repository}@{now}", null, 0, IsChanged: true)
                        : throw Moved();
                }

                if (tries == MostCommitTries)
                {
                    throw;
                }
            }
        }
    }

    private bool IsMade(PlannedFile[] files, string commit, CancellationToken cancellation)
    {
        Dictionary<string, string> there = HubListing.FilesOf(hub, name.Id, commit, cancellation)
            .ToDictionary(file => file.Path, file => file.Digest);
        return files.All(file => there.GetValueOrDefault(file.File.Path) == file.Digest);
    }

    private HubException Moved() =>
        new(HubFault.Answer, $"{name.Repository}@{name.Revision}", "somebody else has pushed in the meantime; nothing was changed",
            "Look at what is there now, and push again: what was uploaded is not sent a second time.");

    private string Proposal => request.IsProposal ? "?create_pr=1" : "";
}
