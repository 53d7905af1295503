using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Sends requests: with the token to the hub's own origin only, with retries, and over redirects that may be followed.</summary>
/// <remarks>Every member may be called from several threads at once.</remarks>
internal sealed partial class HubConnection : IDisposable
{
    /// <summary>How often something is tried again that failed without a byte.</summary>
    public const int MostRetries = 5;

    private const int MostRedirects = 5;

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;

    public HubConnection(HubSettings settings)
    {
        Settings = settings;
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
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

    /// <summary>Asks for JSON or another short answer.</summary>
    /// <param name="address">An address of the hub's own origin.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="mostBytes">The longest answer.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">No answer, or a refusal.</exception>
    public (byte[] Content, HttpResponseHeaders Headers) Get(Uri address, string where, int mostBytes, CancellationToken cancellation)
    {
        for (int failures = 0; ; failures++)
        {
            try
            {
                using HttpResponseMessage response = Follow(HttpMethod.Get, address, null, where, null, cancellation).Response;
                Check(response, where);
                return (ReadAll(response, where, mostBytes, cancellation), response.Headers);
            }
            catch (HttpRequestException exception)
            {
                WaitOrGiveUp(failures, exception, where, cancellation);
            }
        }
    }

    /// <summary>Sends a request, and follows redirects.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">The address.</param>
    /// <param name="range">The bytes that are asked for, or <see langword="null"/> for all.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="seen">Shown each answer of the hub itself, redirects among them.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>The last answer, with its headers read, and the address it is from.</returns>
    /// <exception cref="HubException">A redirect must not be followed, or an answer is encoded.</exception>
    /// <exception cref="HttpRequestException">No answer, one that asks to try again, or none in time.</exception>
    public (HttpResponseMessage Response, Uri Address) Follow(
        HttpMethod method, Uri address, RangeHeaderValue? range, string where, Action<HttpResponseMessage>? seen, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = Send(method, address, range, where, cancellation);
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

                string? location = response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues values) ? values.FirstOrDefault() : null;
                address = HubAddress.Follow(Settings.Endpoint, address, location ?? "")
                    ?? throw new HubException(HubFault.Address, where, "the hub sends us to an address that must not be followed",
                        "Look at HF_ENDPOINT, and at proxies between you and the hub.");
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

    /// <summary>Reads the next bytes of an answer, in time.</summary>
    /// <exception cref="HttpRequestException">None come, or not in time.</exception>
    public int Read(Stream stream, Memory<byte> destination, CancellationToken cancellation) =>
        InTime(token => stream.ReadAsync(destination, token).AsTask(), cancellation);

    /// <summary>Waits before the next try, or says that it is no use.</summary>
    /// <param name="failures">How often it was tried without any success.</param>
    /// <param name="exception">The last failure.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">Too often, or the hub asks to wait for longer than anyone would.</exception>
    public void WaitOrGiveUp(int failures, HttpRequestException exception, string where, CancellationToken cancellation)
    {
        TimeSpan pause = exception is BusyException { Wait: { } asked }
            ? asked : TimeSpan.FromSeconds(0.2 * Math.Pow(2, failures) * (0.75 + (Random.Shared.NextDouble() / 2)));
        if (failures >= MostRetries || pause > Settings.LongestWait)
        {
            string reason = exception is BusyException busy ? busy.Message : exception.InnerException?.Message ?? exception.Message;
            string tries = pause > Settings.LongestWait
                ? string.Create(CultureInfo.InvariantCulture, $", and asks to wait for {pause.TotalSeconds:N0} seconds") : $", {failures + 1} times";
            throw new HubException(HubFault.Unreachable, where, reason.TrimEnd('.') + tries,
                exception is BusyException ? "Try again later; with a token (HF_TOKEN) more requests are allowed." : "Look at the network, at HF_ENDPOINT and at proxies, or use what is cached with HF_HUB_OFFLINE=1.",
                exception);
        }

        if (cancellation.WaitHandle.WaitOne(pause))
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Refuses an answer that is none.</summary>
    /// <exception cref="HubException">The hub has no such thing, or does not give it.</exception>
    public void Check(HttpResponseMessage response, string where)
    {
        int status = (int)response.StatusCode;
        if (status < 300)
        {
            return;
        }

        string? Header(string name) => response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.FirstOrDefault() : null;
        string words = Header("X-Error-Message") is { } said ? $" ({Printable(said)})" : "";
        throw (Header("X-Error-Code"), status) switch
        {
            ("GatedRepo", 401) => Denied($"the model is gated, and no token is given{words}", "Ask for access on the model's page, and set HF_TOKEN or run `hf auth login`."),
            ("GatedRepo", _) => Denied($"the model is gated, and the token's owner has no access{words}", "Ask for access on the model's page."),
            ("RevisionNotFound", _) => new HubException(HubFault.NotFound, where, "the model has no such revision", "Name a branch, a tag or a full commit after '@'."),
            ("EntryNotFound", _) => new HubException(HubFault.NotFound, where, "the model has no such file"),
            (_, 401) when Settings.Token is not null && words.Contains("credential", StringComparison.OrdinalIgnoreCase) =>
                Denied($"the hub does not accept the token{words}", "Set HF_TOKEN to a valid token, or unset it, and remove a stored one by `hf auth logout`."),
            ("RepoNotFound", _) or (_, 401) or (null, 404) => new HubException(HubFault.NotFound, where,
                $"the hub has no such model, or it is private and {(Settings.Token is null ? "no token is given" : "the token does not open it")}{words}",
                "Look at the spelling; for a private model set HF_TOKEN. A local folder is looked for from the current folder and the recipe's."),
            (_, 403) => Denied($"the hub refuses{words}", "Look at the model's page."),
            _ => new HubException(HubFault.Answer, where, string.Create(CultureInfo.InvariantCulture, $"the hub answers {status}{words}")),
        };

        HubException Denied(string what, string hint) => new(HubFault.Denied, where, what, hint);
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static string Printable(string text) => string.Concat(text.Take(200).Select(c => c is >= ' ' and < '\x7f' ? c : '?'));

    private HttpResponseMessage Send(HttpMethod method, Uri address, RangeHeaderValue? range, string where, CancellationToken cancellation)
    {
        if (Settings.IsOffline)
        {
            throw new HubException(HubFault.Offline, where, "not in the cache, and the hub may not be asked (offline)", "Unset HF_HUB_OFFLINE, so that the hub is asked.");
        }

        using HttpRequestMessage request = new(method, address);
        request.Headers.Range = range;
        if (Settings.Token is { } token && address.HasOrigin(Settings.Endpoint))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        HttpResponseMessage response = InTime(stop => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), cancellation);
        if ((int)response.StatusCode is not (408 or 429 or 500 or 502 or 503 or 504))
        {
            return response;
        }

        using (response)
        {
            throw new BusyException((int)response.StatusCode, WaitOf(response));
        }
    }

    private T InTime<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(Settings.Timeout);
        try
        {
            // Readers are synchronous; this is the one place that waits.
            return work(stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException(string.Create(CultureInfo.InvariantCulture, $"no answer within {Settings.Timeout.TotalSeconds:0} seconds"), exception.InnerException is null ? null : new TimeoutException());
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
                throw new HubException(HubFault.Answer, where, string.Create(CultureInfo.InvariantCulture, $"the answer is longer than {mostBytes:N0} bytes"));
            }
        }

        return content.ToArray();
    }

    private static void RefuseEncoding(HttpResponseMessage response, string where)
    {
        if (response.Content.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw new HubException(HubFault.Answer, where, "the answer is encoded, though that was not asked for", "Look at proxies between you and the hub.");
        }
    }

    private static TimeSpan? WaitOf(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.TryGetValues("RateLimit", out HeaderStringValues limits)
            && Limit().Match(limits.ToString()) is { Success: true } limit && int.TryParse(limit.Groups[1].Value, CultureInfo.InvariantCulture, out int seconds))
        {
            return TimeSpan.FromSeconds(seconds + 0.5);
        }

        return response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > DateTimeOffset.UtcNow ? date - DateTimeOffset.UtcNow : TimeSpan.Zero,
            _ => null,
        };
    }

    [GeneratedRegex(@"r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,6})")]
    private static partial Regex Limit();

    /// <summary>An answer that asks to try again.</summary>
    private sealed class BusyException(int status, TimeSpan? wait)
        : HttpRequestException(string.Create(CultureInfo.InvariantCulture, $"the hub answers {status}{(status == 429 ? " (too many requests)" : "")}"))
    {
        public TimeSpan? Wait => wait;
    }
}
