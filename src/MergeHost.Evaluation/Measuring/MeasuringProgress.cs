using System.Diagnostics;
using System.Globalization;

namespace MergeHost.Evaluation.Measuring;

/// <summary>Tells what is being measured: how many results there are of how many, how many of them were there before, and about how long the rest takes.</summary>
/// <param name="tell">Told in a line.</param>
internal sealed class MeasuringProgress(Action<string> tell)
{
    private readonly Stopwatch _measuring = new();
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
    /// <param name="measure">Does the work.</param>
    public T Measure<T>(string what, Func<T> measure)
    {
        tell($"[{_done + 1}/{Math.Max(_expected, _done + 1)}] {what}{Kept()}{Left()}");
        _measuring.Start();
        try
        {
            return measure();
        }
        finally
        {
            _measuring.Stop();
            _done++;
        }
    }

    private string Kept() => _kept == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {_kept} from cache");

    private string Left()
    {
        int measured = _done - _kept;
        return measured == 0 || _expected <= _done
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", about {_measuring.Elapsed / measured * (_expected - _done):h\\:mm\\:ss} left");
    }
}
