using MergeHost.Checkpoints;

namespace MergeHost.Benchmarks;

/// <summary>A test of what a checkpoint can do.</summary>
/// <remarks>
/// Implement <see cref="IBenchmark{TOptions}"/>, which fills this in. The host makes one instance for a run and calls it once
/// for each checkpoint and task, one at a time and all tasks of a checkpoint in a row, so that what was read of it can be kept;
/// the benchmark may use threads of its own.
/// </remarks>
public interface IBenchmark
{
    /// <summary>The record that holds the benchmark's options.</summary>
    Type OptionsType { get; }

    /// <summary>Measures a checkpoint.</summary>
    BenchmarkResult Run(ICheckpointReader checkpoint, object options, BenchmarkContext context);

    /// <summary>Finds the files that a measurement depends on beside those that options name, such as what a task file includes.</summary>
    /// <param name="options">The options.</param>
    /// <param name="folder">The folder that relative paths start from.</param>
    /// <returns>Paths; none by default.</returns>
    /// <exception cref="MergeHostException">Something in them is wrong; nothing has been measured yet.</exception>
    IEnumerable<string> FindFiles(object options, string folder) => [];

    /// <summary>Reads what a measurement asks, without a model: to count it before a run, and to look for it in training texts.</summary>
    /// <param name="options">The options.</param>
    /// <param name="folder">The folder that relative paths start from.</param>
    /// <returns><see langword="null"/>, the default, where it cannot be told.</returns>
    /// <exception cref="MergeHostException">Something in the task's files is wrong.</exception>
    BenchmarkItems? ReadItems(object options, string folder) => null;
}

/// <inheritdoc cref="IBenchmark"/>
/// <typeparam name="TOptions">A record as <see cref="Strategies.IMergeStrategy{TOptions}"/>
/// describes it; strings are allowed too.</typeparam>
public interface IBenchmark<TOptions> : IBenchmark
    where TOptions : class
{
    Type IBenchmark.OptionsType => typeof(TOptions);

    BenchmarkResult IBenchmark.Run(ICheckpointReader checkpoint, object options, BenchmarkContext context) =>
        Run(checkpoint, (TOptions)options, context);

    IEnumerable<string> IBenchmark.FindFiles(object options, string folder) => FindFiles((TOptions)options, folder);

    BenchmarkItems? IBenchmark.ReadItems(object options, string folder) => ReadItems((TOptions)options, folder);

    /// <inheritdoc cref="IBenchmark.FindFiles"/>
    IEnumerable<string> FindFiles(TOptions options, string folder) => [];

    /// <inheritdoc cref="IBenchmark.ReadItems"/>
    BenchmarkItems? ReadItems(TOptions options, string folder) => null;

    /// <summary>Measures a checkpoint.</summary>
    /// <param name="checkpoint">A checkpoint on disk, or a merge that has not been written: reading it computes it.</param>
    /// <param name="options">The benchmark's options.</param>
    /// <param name="context">Where to run, and how to tell the progress.</param>
    /// <returns>Scores for each item and in total.</returns>
    /// <exception cref="MergeHostException">The checkpoint or the task's files do not suit the benchmark.</exception>
    /// <exception cref="OperationCanceledException">Stopped by <see cref="BenchmarkContext.Cancellation"/>.</exception>
    BenchmarkResult Run(ICheckpointReader checkpoint, TOptions options, BenchmarkContext context);
}
