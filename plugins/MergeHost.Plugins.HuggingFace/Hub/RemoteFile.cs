using System.Globalization;
using System.Net.Http.Headers;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>A file of a commit on the hub, read by ranges; each answer is compared with the listing.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
internal sealed class RemoteFile(HubConnection hub, HubId repository, string commit, HubEntry entry)
{
    // Breaks without that many bytes in between add up.
    private const long ProgressBytes = 1 << 20;
    private const int MostBreaks = 20;
    private const int BufferBytes = 1 << 18;

    private readonly Uri _page =
        hub.AddressOf($"{repository.Page}/resolve/{commit}/{string.Join('/', entry.Path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>The file, for messages.</summary>
    public string Where { get; } = $"{repository}/{entry.Path}";

    // Where the hub sent us last; expires.
    private volatile Uri? _address;

    /// <summary>Reads a run of bytes.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="lengthBytes">Its length; ends in the file.</param>
    /// <param name="take">Given the bytes in order.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">The bytes do not come, or are not those of the listing's file.</exception>
    public void Read(long start, long lengthBytes, Action<ReadOnlyMemory<byte>> take, CancellationToken cancellation)
    {
        Progress progress = new(start, start + lengthBytes);
        byte[] buffer = new byte[Math.Min(BufferBytes, lengthBytes)];
        for (int breaks = 0; !progress.IsDone; breaks++)
        {
            long before = progress.Position;
            HttpRequestException? broken = hub.Retry(() => ReadOn(progress, buffer, take, cancellation), Where, cancellation);
            breaks = progress.Position - before >= ProgressBytes ? 0 : breaks;
            if (broken is not null && breaks >= MostBreaks)
            {
                throw new HubException(HubFault.Unreachable, Where, "the connection broke off again and again",
                    "Try again later; what came is kept.", broken);
            }
        }
    }

    // A break after some bytes is no failure: the next try starts behind them.
    private HttpRequestException? ReadOn(Progress progress, byte[] buffer, Action<ReadOnlyMemory<byte>> take,
        CancellationToken cancellation)
    {
        long before = progress.Position;
        try
        {
            ReadOnce(progress, buffer, take, cancellation);
            return null;
        }
        catch (HttpRequestException exception) when (progress.Position > before)
        {
            return exception;
        }
    }

    private void ReadOnce(Progress progress, byte[] buffer, Action<ReadOnlyMemory<byte>> take, CancellationToken cancellation)
    {
        RangeHeaderValue range = new(progress.Position, progress.End - 1);
        Uri? known = _address;
        (HttpResponseMessage response, Uri address) = hub.Follow(known ?? _page, range, Where, Compare, cancellation);
        using HttpResponseMessage answer = response;
        if ((int)answer.StatusCode is 401 or 403 or 404 or 410 && !address.HasOrigin(hub.Settings.Endpoint))
        {
            // A signature that expired: the hub gives another one.
            _address = null;
            throw new HttpRequestException(string.Create(CultureInfo.InvariantCulture,
                $"the storage answers {(int)answer.StatusCode}, as for an address that expired"));
        }

        hub.Check(answer, Where);
        long skip = CheckRange(answer, progress);
        _address = address;
        using Stream stream = answer.Content.ReadAsStream(cancellation);
        while (!progress.IsDone)
        {
            int wanted = (int)Math.Min(buffer.Length, skip > 0 ? skip : progress.End - progress.Position);
            int read = hub.Read(stream, buffer.AsMemory(0, wanted), cancellation);
            if (read == 0)
            {
                throw new HttpRequestException("the answer ended early");
            }

            if (skip > 0)
            {
                skip -= read;
                continue;
            }

            take(buffer.AsMemory(0, read));
            progress.Position += read;
        }
    }

    // What the hub itself says of the file, before it sends us on or with the file.
    private void Compare(HttpResponseMessage answer)
    {
        string? Header(string name) =>
            answer.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.FirstOrDefault() : null;
        if (Header("X-Repo-Commit") is { } other && other != commit)
        {
            throw Wrong("the answer is of another commit");
        }

        string? tag = Header("X-Linked-ETag") ?? Header("ETag");
        if (tag is not null && (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag).Trim('"') != entry.Digest)
        {
            throw Wrong("the file is not the one of the listing (ETag)");
        }

        if (Header("X-Linked-Size") is { } size && size != entry.LengthBytes.ToString(CultureInfo.InvariantCulture))
        {
            throw Wrong($"the listing says {Bytes(entry.LengthBytes)} bytes, the file has another size");
        }
    }

    // How many bytes come that were not asked for, before those that were.
    private long CheckRange(HttpResponseMessage answer, Progress progress)
    {
        HttpContentHeaders headers = answer.Content.Headers;
        if ((int)answer.StatusCode == 200)
        {
            return headers.ContentLength is null || headers.ContentLength == entry.LengthBytes ? progress.Position
                : throw Wrong($"expected {Bytes(entry.LengthBytes)} bytes, found {Bytes(headers.ContentLength.Value)}");
        }

        bool isRight = (int)answer.StatusCode == 206 && headers.ContentRange is { Unit: "bytes" } range
            && range.From == progress.Position && range.To == progress.End - 1
            && (range.Length is null || range.Length == entry.LengthBytes)
            && (headers.ContentLength is null || headers.ContentLength == progress.End - progress.Position);
        return isRight
            ? 0
            : throw Wrong(
                $"expected bytes {Bytes(progress.Position)} to {Bytes(progress.End - 1)} of {Bytes(entry.LengthBytes)}, found others");
    }

    private HubException Wrong(string what) =>
        new(HubFault.Answer, Where, what, "Try again; if it stays, look at HF_ENDPOINT and at proxies between you and the hub.");

    private static string Bytes(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private sealed class Progress(long position, long end)
    {
        public long Position { get; set; } = position;

        public long End => end;

        public bool IsDone => Position >= end;
    }
}
