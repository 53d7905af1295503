using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;

namespace MergeHost.Testing;

/// <summary>What every benchmark must do.</summary>
/// <param name="benchmark">The benchmark.</param>
public class BenchmarkConformance(IBenchmark benchmark) : Conformance
{
    /// <summary>Opens the checkpoint that is measured; by default a small Llama in BF16.</summary>
    protected virtual ICheckpointReader Open() => TinyCheckpoint.Llama().Open();

    /// <summary>The options; by default those of the record.</summary>
    protected virtual object Options => Activator.CreateInstance(benchmark.OptionsType)!;

    /// <summary>The folder that relative paths in the options start from; by default the current one.</summary>
    protected virtual string Folder => "";

    /// <summary>The checkpoint as a model, for a benchmark that asks for one; by default there is none.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    protected virtual ILanguageModel LoadModel(ICheckpointReader checkpoint) =>
        throw new NotSupportedException($"a test of a benchmark that asks for a model overrides {nameof(LoadModel)}");

    /// <summary>Tries all laws on a small Llama, with the options that the record has by default.</summary>
    /// <param name="benchmark">The benchmark.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(IBenchmark benchmark) => new BenchmarkConformance(benchmark).Check();

    /// <summary>Measures the checkpoint.</summary>
    protected BenchmarkResult Run(IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        using WatchedReader checkpoint = new(Open());
        Lazy<ILanguageModel> model = new(() => LoadModel(checkpoint));
        try
        {
            BenchmarkResult result = benchmark.Run(
                checkpoint, Options,
                new BenchmarkContext { Folder = Folder, Progress = progress, Cancellation = cancellation, LoadModel = () => model.Value });
            Assert.True(!checkpoint.IsDisposed, "the benchmark disposes the checkpoint, which is the host's");
            return result;
        }
        finally
        {
            if (model.IsValueCreated)
            {
                model.Value.Dispose();
            }
        }
    }

    /// <summary>There is a task at least, each of its own name and metric, with a value and with items that can be told apart.</summary>
    [Law]
    public void Run_OfACheckpoint_GivesTasksThatCanBeToldApart()
    {
        IReadOnlyList<TaskResult> tasks = Run().Tasks;
        Assert.NotEmpty(tasks);
        Assert.Equal(tasks.Count, tasks.Select(task => (task.Task, task.Metric)).Distinct().Count(),
            "the number of tasks with a name and metric of their own");
        Assert.All(tasks, task =>
        {
            Assert.True(double.IsFinite(task.Value), $"the value of '{task.Task}' is {task.Value}");
            Assert.Equal(task.Items.Count, task.Items.Select(item => item.Id).Distinct().Count(),
                $"the number of ids of the items of '{task.Task}'");
            Assert.All(task.Items,
                item => Assert.True(double.IsFinite(item.Score), $"the score of '{item.Id}' of '{task.Task}' is {item.Score}"));
            Assert.All(task.Items, item => Assert.True(item.Weight >= 0, $"the weight of '{item.Id}' of '{task.Task}' is {item.Weight}"));
        });
    }

    /// <summary>The same checkpoint and options have the same results, so that they can be kept.</summary>
    [Law]
    public void Run_Twice_GivesTheSame()
    {
        IReadOnlyList<TaskResult> first = Run().Tasks, second = Run().Tasks;
        Assert.Equal(first.Select(task => (task.Task, task.Metric, task.Value)),
            second.Select(task => (task.Task, task.Metric, task.Value)), "the tasks of the second run");
        Assert.Equal(first.Select(task => task.Items), second.Select(task => task.Items), "the items of the second run");
    }

    /// <summary>Progress is a share that never falls.</summary>
    [Law]
    public void Run_TellsProgressThatNeverFalls()
    {
        Shares shares = new();
        Run(shares);
        Assert.True(shares.Told.All(share => share is >= 0 and <= 1), $"progress is {string.Join(", ", shares.Told)}");
        Assert.Equal([.. shares.Told.Order()], shares.Told, "progress");
    }

    /// <summary>Asked to stop, it stops.</summary>
    [Law]
    public void Run_WhenAskedToStop_Stops() =>
        Assert.Throws<OperationCanceledException>(() => Run(cancellation: new CancellationToken(canceled: true)),
            "a run that is asked to stop");

    private sealed class Shares : IProgress<double>
    {
        public List<double> Told { get; } = [];

        public void Report(double value)
        {
            lock (Told)
            {
                Told.Add(value);
            }
        }
    }
}
