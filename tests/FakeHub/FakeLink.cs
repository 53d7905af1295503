namespace MergeHost.Fakes;

/// <summary>A network with a latency, and a bandwidth that all answers share.</summary>
/// <param name="roundTrip">How long a request and the first byte of its answer take; twice as long on a new connection.</param>
/// <param name="bytesPerSecond">How much passes in a second; infinite for as much as the machine can.</param>
public sealed class FakeLink(TimeSpan roundTrip, double bytesPerSecond)
{
    private readonly Lock _lock = new();
    private DateTime _free;

    /// <summary>Waits for a request to come and its answer to begin.</summary>
    public void Begin(bool isNew) => Thread.Sleep(isNew ? 2 * roundTrip : roundTrip);

    /// <summary>Waits until bytes have passed.</summary>
    public void Pass(int count)
    {
        if (double.IsInfinity(bytesPerSecond))
        {
            return;
        }

        TimeSpan wait;
        lock (_lock)
        {
            DateTime now = DateTime.UtcNow;
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds(count / bytesPerSecond);
            wait = _free - now;
        }

        Thread.Sleep(wait);
    }
}
