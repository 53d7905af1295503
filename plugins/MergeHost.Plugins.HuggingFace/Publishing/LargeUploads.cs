using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Stores;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>Uploads large files to the hub's storage, whole or in parts; what is there already is not sent.</summary>
/// <param name="hub">The hub.</param>
/// <param name="api">Its API.</param>
/// <param name="reference">The branch that they are for, or <see langword="null"/>.</param>
/// <param name="tell">Told what is sent.</param>
/// <param name="progress">Told how much is sent.</param>
internal sealed class LargeUploads(HubConnection hub, HubApi api, string? reference, Action<string> tell,
    IProgress<TransferProgress>? progress)
{
    private const int MostAddresses = 4;
    private const int MostParts = 10_000;
    private const int PartsAtOnce = 4;

    private long _sentBytes;

    /// <returns>How many bytes were sent.</returns>
    /// <exception cref="HubException">The hub or its storage refuses or does not answer.</exception>
    public long Run(IReadOnlyList<PlannedFile> files, CancellationToken cancellation)
    {
        PlannedFile[] distinct = [.. files.DistinctBy(file => file.Digest)];
        long total = distinct.Sum(file => file.File.LengthBytes);
        long before = 0;
        foreach (PlannedFile file in distinct)
        {
            long start = _sentBytes;
            for (int tries = 1; !TryUpload(file, isLast: tries == MostAddresses, Report, cancellation); tries++)
            {
                // The address was of no use any more: the hub gives another one.
            }

            before += file.File.LengthBytes;

            // What is sent again after a failure does not count twice.
            void Report(long sent) => progress?.Report(new TransferProgress(before + Math.Min(sent - start, file.File.LengthBytes), total));
        }

        return _sentBytes;
    }

    private bool TryUpload(PlannedFile file, bool isLast, Action<long> sent, CancellationToken cancellation)
    {
        string where = $"{api.Repository}/{file.File.Path}";
        JsonObject asked = new()
        {
            ["operation"] = "upload",
            ["transfers"] = new JsonArray("basic", "multipart"),
            ["hash_algo"] = "sha256",
            ["objects"] = new JsonArray(new JsonObject { ["oid"] = file.Digest, ["size"] = file.File.LengthBytes }),
        };
        if (reference is not null)
        {
            asked["ref"] = new JsonObject { ["name"] = reference };
        }

        (_, JsonNode? answer) = api.Post($"{api.Repository.Page}.git/info/lfs/objects/batch", asked, cancellation);
        JsonNode? entry = (answer.Find("objects") as JsonArray)?.FirstOrDefault(row => row.Find("oid").AsText() == file.Digest)
            ?? throw HubListing.Wrong(where, "the hub does not say where the file is uploaded to");
        if (entry.Find("error") is { } error)
        {
            throw new HubException(HubFault.Denied, where,
                $"the hub does not take the file: {CheckpointException.Printable(error.Find("message").AsText() ?? "no reason is given")}");
        }

        if (entry.Find("actions").Find("upload") is not { } upload)
        {
            return true; // It is there.
        }

        tell($"{file.File.Path}: uploading {file.File.LengthBytes.ToString("N0", CultureInfo.InvariantCulture)} bytes");
        try
        {
            Upload(file, upload, where, sent, cancellation);
        }
        catch (HubException exception) when (exception.Fault == HubFault.Expired && !isLast)
        {
            return false;
        }

        if (entry.Find("actions").Find("verify").Find("href").AsText() is { } verify)
        {
            api.PostTo(verify, new JsonObject { ["oid"] = file.Digest, ["size"] = file.File.LengthBytes }, where, cancellation);
        }

        return true;
    }

    private void Upload(PlannedFile file, JsonNode upload, string where, Action<long> sent, CancellationToken cancellation)
    {
        string href = upload.Find("href").AsText() ?? throw HubListing.Wrong(where, "the hub does not say where the file is uploaded to");
        JsonNode? header = upload.Find("header");
        if (header.Find("chunk_size") is not { } size)
        {
            Put(href, file.File, 0, file.File.LengthBytes, where, sent, cancellation);
            return;
        }

        long partBytes = size.AsWhole() ?? (long.TryParse(size.AsText(), CultureInfo.InvariantCulture, out long parsed) ? parsed : 0);
        long count = partBytes < 1 ? 0 : ((file.File.LengthBytes - 1) / partBytes) + 1;
        string?[] addresses = count is < 1 or > MostParts
            ? []
            : [.. Enumerable.Range(1, (int)count).Select(part => header.Find(part.ToString(CultureInfo.InvariantCulture)).AsText())];
        if (addresses.Length == 0 || addresses.Contains(null))
        {
            throw HubListing.Wrong(where, "the parts in which the file is uploaded do not fit it");
        }

        string?[] tags = new string?[addresses.Length];
        try
        {
            Parallel.For(0, addresses.Length,
                new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellation }, part =>
                tags[part] = Put(addresses[part]!, file.File, part * partBytes,
                    Math.Min(partBytes, file.File.LengthBytes - (part * partBytes)), where, sent, cancellation));
        }
        catch (AggregateException exception)
        {
            throw exception.InnerExceptions.OfType<HubException>().FirstOrDefault() ?? exception.InnerExceptions[0];
        }

        JsonArray parts = [.. tags.Select((tag, part) => new JsonObject { ["partNumber"] = part + 1, ["etag"] = tag })];
        api.PostTo(href, new JsonObject { ["oid"] = file.Digest, ["parts"] = parts }, where, cancellation);
    }

    // To a signed address, never with the token.
    private string? Put(string href, LocalFile file, long offset, long lengthBytes, string where, Action<long> sent,
        CancellationToken cancellation)
    {
        Uri address = HubAddress.Follow(hub.Settings.Endpoint, hub.Settings.Endpoint, href)
            ?? throw new HubException(HubFault.Address, where, "the hub sends us to an address that must not be followed",
                "Look at HF_ENDPOINT, and at proxies between you and the hub.");
        long count = 0;
        HubRequest request = new(HttpMethod.Put, address, where)
        {
            Sent = () => Interlocked.Read(ref count),
            Content = () => new FileRun(file.FullPath, offset, lengthBytes, bytes =>
            {
                Interlocked.Add(ref count, bytes);
                sent(Interlocked.Add(ref _sentBytes, bytes));
            }),
        };
        HubAnswer answer = hub.Retry(() => hub.Write(request, 1 << 20, cancellation), where, cancellation);
        return answer.Status switch
        {
            < 300 => answer.Tag,
            401 or 403 or 404 or 410 when !address.HasOrigin(hub.Settings.Endpoint) =>
                throw new HubException(HubFault.Expired, where,
                    string.Create(CultureInfo.InvariantCulture, $"the storage answers {answer.Status}, as for an address that expired"),
                    "Push again: what was uploaded is not sent a second time."),
            _ => throw new HubException(HubFault.Answer, where,
                string.Create(CultureInfo.InvariantCulture, $"the storage answers {answer.Status}"),
                "Push again: what was uploaded is not sent a second time."),
        };
    }
}
