using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Devices;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Running.Scheduling;

namespace MergeHost.Scoring;

/// <summary>Runs scorers over pairs: several tensors at once as far as memory goes, each read once
/// and decomposed once for all scorers.</summary>
internal sealed class ScoreRunner(
    IReadOnlyList<BoundScorer> scorers, MergeOptions options, IProgress<MergeProgress>? progress, CancellationToken cancellation,
    string? stage = null)
{
    // Scoring is arithmetic from end to end: more threads than processors only take memory.
    private readonly int _threads = Math.Min(options.Threads, Environment.ProcessorCount);

    /// <summary>Scores pairs.</summary>
    /// <returns>One row a pair, in the same order, with one score a scorer; NaN where a scorer does not apply.</returns>
    /// <exception cref="MergeHostException">A tensor cannot be read, or a scorer fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the singular values that were found are kept in the cache.</exception>
    public IReadOnlyList<LayerScore[]> Run(IReadOnlyList<ScorePair> pairs) => Run(pairs, model => model.Open());

    /// <inheritdoc cref="Run(IReadOnlyList{ScorePair})"/>
    /// <param name="pairs">The pairs.</param>
    /// <param name="open">Opens a model, once each.</param>
    public IReadOnlyList<LayerScore[]> Run(IReadOnlyList<ScorePair> pairs, Func<InputModel, ICheckpointReader> open)
    {
        int layers = pairs.Max(pair => pair.Layer + 1) ?? 0;
        SpectrumCache cache = new(options.SpectraFolder);
        ILinearAlgebra algebra = Algebra(pairs);
        Dictionary<InputModel, ICheckpointReader> readers =
            pairs.SelectMany(pair => new[] { pair.Base.Model, pair.Adapted.Model }).Distinct().ToDictionary(model => model, open);
        ScoreContext context = new(scorers, layers, readers, algebra, options.Device, cache, cancellation);
        ScoreTask[] tasks = [.. pairs.Select(pair => new ScoreTask(pair, context))];
        Track(tasks);
        return Compare(pairs, [.. tasks.Select(task => task.Scores)]);
    }

    private void Track(ScoreTask[] tasks)
    {
        long total = tasks.Sum(task => task.Pair.LengthBytes);
        (int Tensors, long Bytes) done = default;
        progress?.Report(new MergeProgress(stage, 0, total, 0, tasks.Length));
        new BlockScheduler(_threads, options.TensorBytes, cancellation).Run(tasks, task =>
        {
            done = (done.Tensors + 1, done.Bytes + ((ScoreTask)task).Pair.LengthBytes);
            progress?.Report(new MergeProgress(stage, done.Bytes, total, done.Tensors, tasks.Length));
        });
    }

    private ILinearAlgebra Algebra(IReadOnlyList<ScorePair> pairs) =>
        ComputeDevice.Create(options, pairs.Select(ScoreTask.Needed).DefaultIfEmpty().Max()).Algebra;

    private LayerScore[][] Compare(IReadOnlyList<ScorePair> pairs, LayerScore[][] rows)
    {
        string[] modules = [.. pairs.Select(pair => pair.Module)];
        foreach ((int column, ScoreColumn scores) in ScoreColumn.Of(scorers, rows).Index())
        {
            foreach (int[] group in scores.Comparable(modules))
            {
                LayerScore[] compared = Compare(scorers[column], [.. group.Select(row => rows[row][column])], pairs[group[0]].Name);
                foreach ((int row, LayerScore score) in group.Zip(compared))
                {
                    rows[row][column] = score;
                }
            }
        }

        return rows;
    }

    private static LayerScore[] Compare(BoundScorer scorer, LayerScore[] scores, string tensor)
    {
        LayerScore[]? compared = PluginCall.Run(scorer.Installed, $"tensor '{tensor}'",
            () => scorer.Scorer.Compare(scores, scorer.Options));
        return compared?.Length == scores.Length && Array.TrueForAll(compared, score => double.IsFinite(score.Value))
            ? compared
            : throw PluginMistake.Broken(scorer.Installed,
                $"compared scores and returned too few, or one that is no number (tensor '{tensor}')");
    }
}
