namespace MergeHost.Benchmarks;

/// <summary>Where a benchmark runs, and how it tells its progress.</summary>
public sealed record BenchmarkContext
{
    /// <summary>The folder that relative paths in the options start from.</summary>
    public required string Folder { get; init; }

    /// <summary>Where arithmetic is done.</summary>
    public DeviceSpec Device { get; init; }

    /// <summary>How many threads may be used, at least 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Told the share of the work that is done, in [0, 1], never falling; from any thread.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Told what is odd about a task, in warnings; from the thread that runs the benchmark.</summary>
    public Action<Problem>? Warn { get; init; }

    /// <summary>Whether <see cref="BenchmarkResult.Records"/> are wanted.</summary>
    public bool KeepsRecords { get; init; }

    /// <summary>Asks to stop.</summary>
    public CancellationToken Cancellation { get; init; }
}
