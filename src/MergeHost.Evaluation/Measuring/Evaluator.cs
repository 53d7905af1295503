using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Suites;
using MergeHost.Models.Calls;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Runtimes;

namespace MergeHost.Evaluation.Measuring;

/// <summary>Runs a suite on models; what was measured before, by the bytes of the weights, is not measured again.</summary>
/// <param name="suite">The tasks.</param>
/// <param name="host">Creates the benchmarks.</param>
/// <param name="cache">Keeps results.</param>
/// <param name="options">Where and with how many threads.</param>
/// <param name="progress">Told what is being measured.</param>
/// <param name="warnings">Told what is odd about tasks.</param>
internal sealed class Evaluator(Suite suite, PluginHost host, ResultCache cache, MergeOptions options, MeasuringProgress progress,
    Action<Problem> warnings)
{
    private readonly Dictionary<string, IBenchmark> _benchmarks = [];

    /// <summary>The tasks.</summary>
    public Suite Suite => suite;

    /// <summary>Whether what lies behind results is kept; then what was measured before is measured again.</summary>
    public bool KeepsRecords { get; init; }

    /// <summary>Measures by some of the tasks alone; none for all.</summary>
    public Evaluator Only(IReadOnlyList<string> tasks) =>
        new(suite.Only(tasks), host, cache, options, progress, warnings) { KeepsRecords = KeepsRecords };

    /// <summary>Says that so many models are to be measured.</summary>
    public void Expect(int models) => progress.Expect(models * suite.Tasks.Count);

    /// <summary>Measures a model.</summary>
    /// <exception cref="MergeHostException">The model cannot be made or run, or a task's data does not suit.</exception>
    /// <exception cref="OperationCanceledException">Stopped; results of whole tasks are kept.</exception>
    public MeasuredModel Measure(Subject subject, CancellationToken cancellation)
    {
        Lazy<ICheckpointReader> checkpoint = new(() => Open(subject));
        Lazy<ILanguageModel> model = new(() => host.Load(suite.Tasks.Select(task => task.Runtime).OfType<InstalledExport>().First(),
            checkpoint.Value, options));
        try
        {
            string weights = FindWeights(subject, checkpoint, cancellation);
            return new MeasuredModel(subject.Name, weights,
                [.. suite.Tasks.Select(task => Measure(subject, task, weights, checkpoint, model, cancellation))]);
        }
        finally
        {
            if (model.IsValueCreated)
            {
                model.Value.Dispose();
            }

            if (checkpoint.IsValueCreated)
            {
                checkpoint.Value.Dispose();
            }
        }
    }

    private ICheckpointReader Open(Subject subject)
    {
        if (subject.Merge is not null)
        {
            progress.Say($"{subject.Name}: merging in memory");
        }

        return subject.Open();
    }

    private string FindWeights(Subject subject, Lazy<ICheckpointReader> checkpoint, CancellationToken cancellation)
    {
        if (subject.Merge is null)
        {
            return WeightsDigest.Of(checkpoint.Value, cancellation);
        }

        string? weights = cache.FindWeights(subject.Merge);
        if (weights is null)
        {
            cache.AddWeights(subject.Merge, weights = WeightsDigest.Of(checkpoint.Value, cancellation));
        }

        return weights;
    }

    private MeasuredTask Measure(Subject subject, SuiteTask task, string weights, Lazy<ICheckpointReader> checkpoint,
        Lazy<ILanguageModel> model, CancellationToken cancellation)
    {
        string identity = $"{task.Identity}\n{options.Device}";
        IReadOnlyList<TaskResult>? results = KeepsRecords ? null : cache.FindResults(weights, identity);
        IReadOnlyList<TaskRecord> records = [];
        if (results is null)
        {
            BenchmarkResult found = progress.Measure($"{subject.Name}: {task.Name}",
                share => Run(task, checkpoint.Value, model, share, cancellation));
            (results, records) = (found.Tasks, found.Records);
            cache.AddResults(weights, identity, results);
        }
        else
        {
            progress.AddKept();
        }

        return task.Metric is null || results.Any(result => result.Metric == task.Metric)
            ? new MeasuredTask(task, results) { Records = records }
            : throw new MergeHostException([new Problem(ErrorCodes.BadSuite,
                $"task '{task.Name}': '{task.Benchmark.Export.Id}' has no metric '{task.Metric}'",
                $"It has {string.Join(", ", results.Select(result => result.Metric))}.")]);
    }

    private BenchmarkResult Run(SuiteTask task, ICheckpointReader checkpoint, Lazy<ILanguageModel> model, IProgress<double> share,
        CancellationToken cancellation)
    {
        if (!_benchmarks.TryGetValue(task.Benchmark.Export.Id, out IBenchmark? benchmark))
        {
            _benchmarks.Add(task.Benchmark.Export.Id, benchmark = host.Create<IBenchmark>(task.Benchmark));
        }

        BenchmarkContext context = new()
        {
            Folder = suite.Folder,
            Device = options.Device,
            Threads = options.Threads,
            Seed = options.Seed,
            Progress = share,
            LoadModel = task.Runtime is null ? null : () => model.Value,
            Warn = warnings,
            KeepsRecords = KeepsRecords,
            Cancellation = cancellation,
        };
        return PluginCall.Run(task.Benchmark, $"task '{task.Name}'", () => benchmark.Run(checkpoint, task.Options, context));
    }
}
