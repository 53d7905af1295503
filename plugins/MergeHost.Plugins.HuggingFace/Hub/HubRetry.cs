using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Polly;
using Polly.Retry;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Tries again what may work the next time: after as long as the hub asks for, else after
/// twice as long each time, with jitter.</summary>
internal sealed partial class HubRetry
{
    /// <summary>How often something is tried again.</summary>
    public const int MostRetries = 5;

    private readonly TimeSpan _longestWait;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="longestWait">The longest time that the hub may ask to wait for.</param>
    public HubRetry(TimeSpan longestWait)
    {
        _longestWait = longestWait;
        _pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(exception => !(Asked(exception) > longestWait)),
            MaxRetryAttempts = MostRetries,
            Delay = TimeSpan.FromSeconds(0.2),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            MaxDelay = longestWait,
            DelayGenerator = retry => ValueTask.FromResult(Asked(retry.Outcome.Exception)),
        }).Build();
    }

    /// <summary>Does work that may be repeated.</summary>
    /// <param name="work">The work; an <see cref="HttpRequestException"/> asks to try again.</param>
    /// <param name="where">What is asked for, for messages.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="HubException">It failed too often, or the hub asks to wait for longer than anyone would.</exception>
    public T Run<T>(Func<T> work, string where, CancellationToken cancellation)
    {
        int tries = 0;
        try
        {
            return _pipeline.Execute(_ =>
            {
                tries++;
                return work();
            }, cancellation);
        }
        catch (HttpRequestException exception)
        {
            throw GaveUp(exception, where, tries);
        }
    }

    /// <summary>What is told of a failure that is not tried again.</summary>
    public HubException GaveUp(HttpRequestException exception, string where, int tries)
    {
        string reason = exception is BusyException ? exception.Message : exception.InnerException?.Message ?? exception.Message;
        string how = Asked(exception) is { } wait && wait > _longestWait
            ? string.Create(CultureInfo.InvariantCulture, $", and asks to wait for {wait.TotalSeconds:N0} seconds")
            : tries > 1 ? string.Create(CultureInfo.InvariantCulture, $", {tries} times") : "";
        return new HubException(HubFault.Unreachable, where, reason.TrimEnd('.') + how,
            exception is BusyException ? "Try again later; with a token (HF_TOKEN) more requests are allowed."
            : "Look at the network, at HF_ENDPOINT and at proxies, or use what is cached with HF_HUB_OFFLINE=1.", exception);
    }

    /// <summary>The failure that an answer is which asks to try again.</summary>
    public static HttpRequestException Busy(HttpResponseMessage response) => new BusyException((int)response.StatusCode, WaitOf(response));

    private static TimeSpan? Asked(Exception? exception) => (exception as BusyException)?.Wait;

    private static TimeSpan? WaitOf(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.TryGetValues("RateLimit", out HeaderStringValues limits)
            && Limit().Match(limits.ToString()) is { Success: true } limit
            && int.TryParse(limit.Groups[1].Value, CultureInfo.InvariantCulture, out int seconds))
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
        : HttpRequestException(string.Create(CultureInfo.InvariantCulture,
            $"the hub answers {status}{(status == 429 ? " (too many requests)" : "")}"))
    {
        public TimeSpan? Wait => wait;
    }
}
