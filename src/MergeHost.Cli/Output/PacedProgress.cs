using System.Diagnostics;

namespace MergeHost.Cli.Output;

/// <summary>Progress that is told no more often than is worth reading, and always at the end.</summary>
internal sealed class PacedProgress(TimeSpan pause, Action<MergeProgress> tell) : IProgress<MergeProgress>
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = new();
    private MergeProgress _told;

    public void Report(MergeProgress value)
    {
        lock (_lock)
        {
            bool isEnd = value.DoneTensors == value.TotalTensors;
            if (value == _told || (_clock.IsRunning && _clock.Elapsed < pause && !isEnd))
            {
                return;
            }

            _clock.Restart();
            _told = value;
            tell(value);
        }
    }
}
