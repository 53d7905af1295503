using System.Diagnostics;
using System.Globalization;

namespace MergeHost.Evaluation.Measuring;

/// <summary>Tells what is being measured: how many results there are of how many, how many of them were there
/// before, and about how long the rest takes.</summary>
/// <param name="tell">Told in a line.</param>
internal sealed class MeasuringProgress(Action<string> tell)
{
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _measuring = new();
    private readonly Lock _lock = new();
    private TimeSpan _told;
    private int _expected;
    private int _done;
    private int _kept;

    /// <summary>Says that so many results are to come; others may follow.</summary>
    public void Expect(int results) => _expected += results;

    /// <summary>Tells of work that gives no result.</summary>
    public void Say(string line) => tell(line);

    /// <summary>Counts a result that was kept from before.</summary>
    public void AddKept()
    {
        _done++;
        _kept++;
    }

    /// <summary>Measures a result.</summary>
    /// <param name="what">What it is of.</param>
    /// <param name="measure">Does the work, and tells the share that is done; from any thread.</param>
    public T Measure<T>(string what, Func<IProgress<double>, T> measure)
    {
        tell($"{Count()} {what}{Kept()}{Left()}");
        _measuring.Start();
        _told = _measuring.Elapsed;
        try
        {
            return measure(new Shares(share => Tell(what, share)));
        }
        finally
        {
            _measuring.Stop();
            _done++;
        }
    }

    // A line now and then: where lines are kept, as in a file, few are enough.
    private void Tell(string what, double share)
    {
        lock (_lock)
        {
            if (_measuring.Elapsed - _told >= _pace)
            {
                _told = _measuring.Elapsed;
                tell(string.Create(CultureInfo.InvariantCulture, $"{Count()} {what}, {100 * Math.Clamp(share, 0, 1):0} %{Kept()}{Left()}"));
            }
        }
    }

    private string Count() => $"[{_done + 1}/{Math.Max(_expected, _done + 1)}]";

    private string Kept() => _kept == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {_kept} from cache");

    private string Left()
    {
        int measured = _done - _kept;
        return measured == 0 || _expected <= _done
            ? ""
            : string.Create(CultureInfo.InvariantCulture,
                $", about {_measuring.Elapsed / measured * (_expected - _done):h\\:mm\\:ss} left");
    }

    // The class of the library posts to a context; lines would come late and out of order.
    private sealed class Shares(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
