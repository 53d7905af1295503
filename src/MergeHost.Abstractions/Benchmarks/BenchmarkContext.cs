using MergeHost.Runtimes;

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

    /// <summary>Loads the checkpoint into the runtime that is installed, once for all tasks; set by the host where
    /// <see cref="BenchmarkAttribute.UsesModel"/> says so.</summary>
    public Func<ILanguageModel>? LoadModel { get; init; }

    /// <summary>The checkpoint as a model that runs, by whatever runtime is installed; loaded when first
    /// asked for, and disposed by the host.</summary>
    /// <exception cref="InvalidOperationException">The benchmark's attribute does not say
    /// <see cref="BenchmarkAttribute.UsesModel"/>.</exception>
    /// <exception cref="MergeHostException">The runtime cannot run the model.</exception>
    public ILanguageModel Model => LoadModel is null
        ? throw new InvalidOperationException(
            $"a benchmark that asks for a model says so: [Benchmark(\"…\", {nameof(BenchmarkAttribute.UsesModel)} = true)]")
        : LoadModel();

    /// <summary>Gives items one by one; tells the progress before each and after the last, and stops between them when asked to.</summary>
    /// <param name="items">The items.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public IEnumerable<T> Each<T>(IReadOnlyList<T> items)
    {
        for (int i = 0; i < items.Count; i++)
        {
            Cancellation.ThrowIfCancellationRequested();
            Progress?.Report((double)i / items.Count);
            yield return items[i];
        }

        Cancellation.ThrowIfCancellationRequested();
        Progress?.Report(1);
    }

    /// <summary>The folder; a model is not loaded for it.</summary>
    public override string ToString() => $"{nameof(BenchmarkContext)} {{ {nameof(Folder)} = {Folder} }}";
}
