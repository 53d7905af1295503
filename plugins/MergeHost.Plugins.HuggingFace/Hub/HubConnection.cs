using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Sends requests: with the token to the hub's own origin only, with retries, and over redirects that may be followed.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirects = 5;

    // A write may be answered only once the hub has looked at all that came.
    private static readonly TimeSpan _writeTimeout = TimeSpan.FromMinutes(3);

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly HubRetry _retry;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private long _readBytes;
    private long _readTicks;

    /// <param name="settings">Where the hub is, and who asks.</param>
    /// <param name="resolve">Finds the addresses of a host; the system's names by default.</param>
    public HubConnection(HubSettings settings, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        Settings = settings;
        _resolve = resolve ?? Dns.GetHostAddressesAsync;
        _retry = new HubRetry(settings.LongestWait);
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = Connect,
            ConnectTimeout = settings.Timeout,
            MaxResponseHeadersLength = 64,
            MaxConnectionsPerServer = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _client = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("mergehost", "1.0"));
        _client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    public HubSettings Settings { get; }

    /// <summary>How fast answers came so far, from their first byte on; 0 while too little came to tell.</summary>
    public double BytesPerSecond =>
        Interlocked.Read(ref _readBytes) is >= 65_536 and var bytes && Interlocked.Read(ref _readTicks) is > 0 and var ticks
            ? bytes / TimeSpan.FromTicks(ticks).TotalSeconds : 0;

    /// <summary>The address of something on the hub.</summary>
    public Uri AddressOf(string path) => new($"{Settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    /// <inheritdoc cref="HubRetry.Run"/>
    public T Retry<T>(Func<T> work, string where, CancellationToken cancellation) => _retry.Run(work, where, cancellation);

    /// <summary>Asks for JSON or another short answer.</summary>
    /// <param name="address">An address of the hub's own origin.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="mostBytes">The longest answer.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">No answer, or a refusal.</exception>
    public (byte[] Content, HttpResponseHeaders Headers) Get(Uri address, string where, int mostBytes, CancellationToken cancellation) =>
        Retry(() =>
        {
            using HttpResponseMessage response = Follow(address, null, where, null, cancellation).Response;
            Check(response, where);
            return (ReadAll(response, where, mostBytes, cancellation), response.Headers);
        }, where, cancellation);

    /// <summary>Asks for a file or a part of it, and follows redirects.</summary>
    /// <param name="address">The address.</param>
    /// <param name="range">The bytes that are asked for, or <see langword="null"/> for all.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="seen">Shown each answer of the hub itself, redirects among them.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The last answer, with its headers read, and the address it is from.</returns>
    /// <exception cref="HubException">A redirect must not be followed, or an answer is encoded.</exception>
    /// <exception cref="HttpRequestException">No answer, one that asks to try again, or none in time.</exception>
    public (HttpResponseMessage Response, Uri Address) Follow(
        Uri address, RangeHeaderValue? range, string where, Action<HttpResponseMessage>? seen, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = Send(new HubRequest(HttpMethod.Get, address, where) { Range = range }, Settings.Timeout,
                cancellation);
            try
            {
                if (address.HasOrigin(Settings.Endpoint) && (int)response.StatusCode < 400)
                {
                    seen?.Invoke(response);
                }

                if (!IsRedirect(response.StatusCode))
                {
                    RefuseEncoding(response, where);
                    return (response, address);
                }

                address = TargetOf(response, address, where);
                if (redirects == MostRedirects)
                {
                    throw new HubException(HubFault.Answer, where, "redirects without end");
                }

                response.Dispose();
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    /// <summary>Sends content, once; a repository that moved is followed on the hub's own origin, and nothing anywhere else.</summary>
    /// <param name="request">What is sent; its content may be asked for again after a redirect.</param>
    /// <param name="mostBytes">The longest answer.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">A redirect must not be followed.</exception>
    /// <exception cref="HttpRequestException">No answer, one that asks to try again, or none in time.</exception>
    public HubAnswer Write(HubRequest request, int mostBytes, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            using HttpResponseMessage response = Send(request, _writeTimeout, cancellation);
            if (!IsRedirect(response.StatusCode))
            {
                return new HubAnswer((int)response.StatusCode, ReadAll(response, request.Where, mostBytes, cancellation),
                    response.Headers.ETag?.Tag, () => Check(response, request.Where));
            }

            Uri target = TargetOf(response, request.Address, request.Where);
            if (redirects == MostRedirects || !request.Address.HasOrigin(Settings.Endpoint) || !target.HasOrigin(Settings.Endpoint))
            {
                throw new HubException(HubFault.Address, request.Where, "what is written is sent on to another place",
                    "Look at HF_ENDPOINT, and at proxies between you and the hub.");
            }

            request = request with { Address = target };
        }
    }

    /// <inheritdoc cref="HubRetry.GaveUp"/>
    public HubException GaveUp(HttpRequestException exception, string where) => _retry.GaveUp(exception, where, 1);

    /// <summary>Reads the next bytes of an answer, in time.</summary>
    /// <exception cref="HttpRequestException">None come, or not in time.</exception>
    public int Read(Stream stream, Memory<byte> destination, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        int count = InTime(token => stream.ReadAsync(destination, token).AsTask(), Settings.Timeout, cancellation);
        Interlocked.Add(ref _readTicks, Stopwatch.GetElapsedTime(start).Ticks);
        Interlocked.Add(ref _readBytes, count);
        return count;
    }

    /// <inheritdoc cref="HubRefusal.ThrowIfAny"/>
    public void Check(HttpResponseMessage response, string where) => HubRefusal.ThrowIfAny(response, where, Settings.Token is not null);

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private Uri TargetOf(HttpResponseMessage response, Uri address, string where)
    {
        string? location = response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues values)
            ? values.FirstOrDefault()
            : null;
        return HubAddress.Follow(Settings.Endpoint, address, location ?? "")
            ?? throw new HubException(HubFault.Address, where, "the hub sends us to an address that must not be followed",
                "Look at HF_ENDPOINT, and at proxies between you and the hub.");
    }

    private HttpResponseMessage Send(HubRequest asked, TimeSpan timeout, CancellationToken cancellation)
    {
        if (Settings.IsOffline)
        {
            throw new HubException(HubFault.Offline, asked.Where, "not in the cache, and the hub may not be asked (offline)",
                "Unset HF_HUB_OFFLINE, so that the hub is asked.");
        }

        using HttpRequestMessage request = new(asked.Method, asked.Address) { Content = asked.Content?.Invoke() };
        request.Headers.Range = asked.Range;
        if (Settings.Token is { } token && asked.Address.HasOrigin(Settings.Endpoint))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        HttpResponseMessage response;
        try
        {
            response = InTime(stop => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), timeout, cancellation,
                asked.Sent);
        }
        catch (HttpRequestException exception) when (exception.InnerException is HubException refused)
        {
            throw new HubException(refused.Fault, asked.Where, refused.Message, refused.Hint, exception);
        }

        if ((int)response.StatusCode is not (408 or 429 or 500 or 502 or 503 or 504))
        {
            return response;
        }

        using (response)
        {
            throw HubRetry.Busy(response);
        }
    }

    // Names are looked up here, so that what is connected to is what was looked at.
    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress[] addresses = await _resolve(host, cancellation).ConfigureAwait(false);
        bool isProxy = !host.Equals(context.InitialRequestMessage.RequestUri?.IdnHost, StringComparison.OrdinalIgnoreCase);
        string endpoint = Settings.Endpoint.IdnHost;
        if (!isProxy && !host.Equals(endpoint, StringComparison.OrdinalIgnoreCase) && addresses.Any(HubAddress.IsPrivate)
            && !(await _resolve(endpoint, cancellation).ConfigureAwait(false)).Any(HubAddress.IsPrivate))
        {
            throw new HubException(HubFault.Address, host, "the hub sends us to a name of a private address, which must not be followed",
                "Look at HF_ENDPOINT, and at what answers for names.");
        }

        Socket? socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
            NetworkStream stream = new(socket, ownsSocket: true);
            socket = null;
            return stream;
        }
        finally
        {
            socket?.Dispose();
        }
    }

    // While bytes are sent, time begins anew.
    private static T InTime<T>(Func<CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellation,
        Func<long>? sent = null)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            Task<T> task = work(stop.Token);
            long before = -1;
            while (Task.WaitAny([task], timeout) < 0 && sent?.Invoke() is { } now && now != before)
            {
                before = now;
            }

            if (!task.IsCompleted)
            {
                stop.Cancel();
            }

            // Readers are synchronous; this is the one place that waits.
            return task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException(string.Create(CultureInfo.InvariantCulture,
                $"no answer within {timeout.TotalSeconds:0} seconds"), exception.InnerException is null ? null : new TimeoutException());
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new HttpRequestException("the connection broke", exception);
        }
    }

    private byte[] ReadAll(HttpResponseMessage response, string where, int mostBytes, CancellationToken cancellation)
    {
        using Stream stream = response.Content.ReadAsStream(cancellation);
        using MemoryStream content = new();
        byte[] buffer = new byte[65_536];
        for (int read = Read(stream, buffer, cancellation); read > 0; read = Read(stream, buffer, cancellation))
        {
            content.Write(buffer, 0, read);
            if (content.Length > mostBytes)
            {
                throw new HubException(HubFault.Answer, where,
                    string.Create(CultureInfo.InvariantCulture, $"the answer is longer than {mostBytes:N0} bytes"));
            }
        }

        return content.ToArray();
    }

    private static void RefuseEncoding(HttpResponseMessage response, string where)
    {
        if (response.Content.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw new HubException(HubFault.Answer, where, "the answer is encoded, though that was not asked for",
                "Look at proxies between you and the hub.");
        }
    }
}
