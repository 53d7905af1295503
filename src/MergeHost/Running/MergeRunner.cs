using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Records;
using MergeHost.Selecting;

namespace MergeHost.Running;

/// <summary>Carries out plans: stage after stage, into a folder that looks whole only when it is.</summary>
/// <param name="plan">A plan without errors.</param>
/// <param name="host">Creates the formats.</param>
/// <param name="options">How it is carried out.</param>
/// <param name="warnings">Told what is odd about the result.</param>
/// <param name="progress">Told of the progress now and then, from any thread.</param>
internal sealed class MergeRunner(
    MergePlan plan, PluginHost host, MergeOptions options, Action<Problem>? warnings, IProgress<MergeProgress>? progress)
{
    private readonly StageMaker _maker = new(plan, host, options, warnings, progress);

    /// <summary>Called with what was made before the marks of an unfinished run are removed.</summary>
    public Action<MergeManifest>? Finishing { get; init; }

    /// <summary>Runs the plan, goes on where an earlier run stopped, or finds that it is done.</summary>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <exception cref="MergeHostException">The output cannot be written, an input cannot be read, or a strategy fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Run(CancellationToken cancellation)
    {
        try
        {
            return RunStages(plan.Output, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(plan.Output.Path, exception);
        }
    }

    private MergeManifest RunStages(OutputPlace output, CancellationToken cancellation)
    {
        StagePlan last = plan.Stages[^1];
        OutputOverlap.Check(plan);
        if (!options.Force && _maker.Finished(last, output) is { } finished)
        {
            finished = finished with { IsAlreadyComplete = true };
            Finishing?.Invoke(finished);
            output.CleanUp();
            return _maker.Checked(finished, last, output, cancellation);
        }

        _maker.CheckInputs(last, plan.Stages, cancellation);
        output.Prepare(last.Format.Export.Files, options.Force);
        MergeManifest manifest;
        using (Journal journal = _maker.OpenJournal(last, output, options.Force, out IReadOnlyList<TensorRecord> recorded))
        {
            if (options.Force)
            {
                output.Clear(last.Format.Export.Files);
            }

            DiskSpace.Check(plan);
            List<ManifestStage> earlier = [.. plan.Stages.SkipLast(1).Select(stage => RunEarlier(stage, output, cancellation))];
            manifest = RunStage(last, output, journal, recorded, earlier, cancellation);
        }

        Finishing?.Invoke(manifest);
        output.CleanUp();
        _maker.WarnOfUncompared(last);
        return manifest;
    }

    private ManifestStage RunEarlier(StagePlan stage, OutputPlace output, CancellationToken cancellation)
    {
        OutputPlace place = output.OfStage(stage.Stage.Name!);
        output.CheckStage(stage.Stage.Name!);
        if (_maker.MadeBefore(stage, place) is { } made && _maker.Difference(stage, place, made) is null)
        {
            return made.Stages[^1];
        }

        // What lies there is ours, so another merge's remains may go.
        place.Prepare(stage.Format.Export.Files, force: true);
        using Journal journal = _maker.OpenJournal(stage, place, force: true, out IReadOnlyList<TensorRecord> recorded);
        place.Clear(stage.Format.Export.Files);
        return RunStage(stage, place, journal, recorded, [], cancellation).Stages[^1];
    }

    private MergeManifest RunStage(
        StagePlan stage, OutputPlace place, Journal journal, IReadOnlyList<TensorRecord> recorded, IReadOnlyList<ManifestStage> earlier,
        CancellationToken cancellation)
    {
        stage = SelectionRunner.Choose(stage, options, progress, cancellation);
        return _maker.Make(new StageRunner(stage, host, options, cancellation), stage, place, journal, recorded, earlier, cancellation);
    }
}
