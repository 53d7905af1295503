using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running;
using MergeHost.Summaries;

namespace MergeHost;

/// <content>Merges in parts.</content>
public sealed partial class MergeEngine
{
    /// <summary>Makes a part of an output; goes on with it if an earlier run was stopped, and does nothing if it is done.</summary>
    /// <remarks>
    /// Parts may be made by several processes at once, on any machines that share the folder. Any may be made twice, at once, or be
    /// stopped: where another process makes the same part, this waits for it.
    /// </remarks>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="output">The folder that all parts are written to.</param>
    /// <param name="part">Which part, of how many; the number must be the same for all.</param>
    /// <param name="options">How it is carried out; seed, shard size and device must be the same for all parts.</param>
    /// <param name="stage">The stage, of several; <see langword="null"/> for the last, before which
    /// those that it is made of must be finished.</param>
    /// <param name="warnings">Told what is worth knowing.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model, a plugin or the
    /// output, or it cannot be made in parts.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PartSummary MergePart(
        string recipePath, string output, MergePart part, MergeOptions options, string? stage = null, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default) =>
        InParts(recipePath, output, options, stage, warnings, progress, runner => runner.Run(part, cancellation));

    /// <summary>Finds some of what is to be known of whole models before any part is made, where a recipe
    /// needs that; else there is nothing to do.</summary>
    /// <param name="part">Which part of the questions; into how many they are divided need not be the number of the merge's parts.</param>
    /// <inheritdoc cref="MergePart"/>
    public PartSummary SurveyPart(
        string recipePath, string output, MergePart part, MergeOptions options, string? stage = null, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, CancellationToken cancellation = default) =>
        InParts(recipePath, output, options, stage, warnings, progress, runner => runner.Survey(part, cancellation));

    /// <summary>Puts parts together, once all are done: the output is then what one run would have made, byte for byte.</summary>
    /// <param name="finishing">As of <see cref="Merge"/>; not called for an earlier stage.</param>
    /// <returns>What was made, from what, with what.</returns>
    /// <inheritdoc cref="MergePart"/>
    public MergeManifest FinishParts(
        string recipePath, string output, MergeOptions options, string? stage = null, Action<Problem>? warnings = null,
        IProgress<MergeProgress>? progress = null, Action<MergeManifest>? finishing = null, CancellationToken cancellation = default) =>
        InParts(recipePath, output, options, stage, warnings, progress, runner => runner.Finish(cancellation, finishing));

    /// <summary>Tells in which parts an output is made, stage after stage, what they need, and how far they are
    /// by their journals; changes nothing.</summary>
    /// <param name="count">How many parts there are; <see langword="null"/> to see it by those that were begun.</param>
    /// <inheritdoc cref="MergePart"/>
    public IReadOnlyList<StageParts> PlanParts(string recipePath, string output, MergeOptions options, int? count = null,
        Action<Problem>? warnings = null)
    {
        using PlanSession session = Open(recipePath);
        MergePlan plan = session.Plan(output, options);
        plan.Warnings.ToList().ForEach(warning => warnings?.Invoke(warning));
        return [.. plan.Stages.Select(stage =>
        {
            PartRunner runner = new(plan, stage.Stage.Name, _host, options, null, null);
            (bool isFinished, IReadOnlyList<PartStatus> parts) = runner.Status(count);
            return new StageParts(stage.Stage.Name, runner.NeedsSurvey, MemoryNeed.Of(stage, options), isFinished, parts);
        })];
    }

    private T InParts<T>(
        string recipePath, string output, MergeOptions options, string? stage, Action<Problem>? warnings,
        IProgress<MergeProgress>? progress, Func<PartRunner, T> run)
    {
        using PlanSession session = Open(recipePath);
        MergePlan plan = session.Plan(output, options);
        plan.Warnings.ToList().ForEach(warning => warnings?.Invoke(warning));
        return run(new PartRunner(plan, stage, _host, options, warnings, progress));
    }
}
