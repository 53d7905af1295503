using MergeHost.Plans;
using MergeHost.Running.Data;

namespace MergeHost.Running;

/// <summary>Tells the progress of a stage ten times a second, at each tensor that is done, and at the end.</summary>
internal sealed class ProgressTimer : IDisposable
{
    private readonly StagePlan _plan;
    private readonly RunContext _context;
    private readonly Dictionary<string, TensorRecord> _records;
    private readonly IProgress<MergeProgress>? _progress;
    private readonly long _totalBytes;
    private readonly long _resumedBytes;
    private readonly Timer? _timer;

    public ProgressTimer(StagePlan plan, RunContext context, Dictionary<string, TensorRecord> records, IProgress<MergeProgress>? progress)
    {
        (_plan, _context, _records, _progress) = (plan, context, records, progress);
        _totalBytes = plan.Tensors.Sum(Bytes);
        _resumedBytes = plan.Tensors.Where(tensor => records.ContainsKey(tensor.Output.Name)).Sum(Bytes);
        _timer = progress is null ? null : new Timer(_ => Report(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    // What is packed counts as it is before.
    private static long Bytes(TensorPlan tensor) =>
        tensor.ReadBytes + (tensor.Packed is { Copied.Count: > 0 }
            ? tensor.Stored.Sum(part => part.LengthBytes)
            : tensor.Output.LengthBytes);

    /// <summary>Tells the progress now.</summary>
    public void Report()
    {
        int done;
        lock (_records)
        {
            done = _records.Count;
        }

        _progress?.Report(new MergeProgress(_plan.Stage.Name, _resumedBytes + _context.ProcessedBytes, _totalBytes, done,
            _plan.Tensors.Count));
    }

    public void Dispose()
    {
        using ManualResetEvent stopped = new(false);
        if (_timer?.Dispose(stopped) == true)
        {
            stopped.WaitOne();
        }

        Report();
    }
}
