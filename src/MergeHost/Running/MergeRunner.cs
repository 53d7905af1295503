using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Records;
using MergeHost.Selecting;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

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
        if (!options.Force && Finished(last, output) is { } finished)
        {
            output.CleanUp();
            return Checked(finished, last, output, cancellation) with { IsAlreadyComplete = true };
        }

        InputFetch.Run(plan.InputFiles, options.Stream, warnings, progress, cancellation);

        foreach (StagePlan stage in plan.Stages.Where(InputCheck.CanRun))
        {
            foreach (Problem warning in new InputCheck(stage, model => model.Open(), cancellation).Run())
            {
                warnings?.Invoke(warning);
            }
        }

        output.Prepare(last.Format.Export.Files, options.Force);
        MergeManifest manifest;
        using (Journal journal = OpenJournal(last, output, options.Force, out IReadOnlyList<TensorRecord> recorded))
        {
            if (options.Force)
            {
                output.Clear(last.Format.Export.Files);
            }

            DiskSpace.Check(plan);
            List<ManifestStage> earlier = [.. plan.Stages.SkipLast(1).Select(stage => RunEarlier(stage, output, cancellation))];
            manifest = RunStage(last, output, journal, recorded, earlier, cancellation);
        }

        output.CleanUp();
        if (InputFetch.Uncompared(plan.InputFiles) is { } uncompared)
        {
            warnings?.Invoke(uncompared);
        }

        return manifest;
    }

    private ManifestStage RunEarlier(StagePlan stage, OutputPlace output, CancellationToken cancellation)
    {
        OutputPlace place = output.OfStage(stage.Stage.Name!);
        output.CheckStage(stage.Stage.Name!);
        if (MadeBefore(stage, place) is { } made && Difference(stage, place, made) is null)
        {
            return made.Stages[^1];
        }

        // What lies there is ours, so another merge's remains may go.
        place.Prepare(stage.Format.Export.Files, force: true);
        using Journal journal = OpenJournal(stage, place, force: true, out IReadOnlyList<TensorRecord> recorded);
        place.Clear(stage.Format.Export.Files);
        return RunStage(stage, place, journal, recorded, [], cancellation).Stages[^1];
    }

    private MergeManifest RunStage(
        StagePlan stage, OutputPlace place, Journal journal, IReadOnlyList<TensorRecord> recorded, IReadOnlyList<ManifestStage> earlier,
        CancellationToken cancellation)
    {
        stage = SelectionRunner.Choose(stage, options, progress, cancellation);
        StageRunner runner = new(stage, host, options, cancellation);
        StageResult result = Run(runner, place, journal, recorded);
        Warn(stage, result.Records);
        result.Warnings.ToList().ForEach(warning => warnings?.Invoke(warning));
        using ICheckpointReader written = host.Create<ICheckpointFormat>(stage.Format).Open(place.Path);
        string? check = BuildCheck.Run(stage, written, host, options, cancellation);
        MergeManifest manifest = ManifestStore.Make(plan, stage, earlier, result, OutputFiles.Describe(place.Folder, result.Files, written), options).WithCheck(check);
        DurableFile.Write(place.ManifestPath, manifest.ToBytes());
        return manifest;
    }

    private MergeManifest Checked(MergeManifest finished, StagePlan stage, OutputPlace place, CancellationToken cancellation)
    {
        using ICheckpointReader written = host.Create<ICheckpointFormat>(stage.Format).Open(place.Path);
        return finished.WithCheck(BuildCheck.Run(stage, written, host, options, cancellation));
    }

    // Nothing that was made of bytes that are not the store's is gone on with.
    private StageResult Run(StageRunner runner, OutputPlace place, Journal journal, IReadOnlyList<TensorRecord> recorded)
    {
        try
        {
            return runner.Run(place.Folder, journal, recorded, progress);
        }
        catch (CheckpointException exception) when (exception.Code == ErrorCodes.HubDamaged)
        {
            journal.Forget();
            throw;
        }
    }

    // The manifest names every one.
    private void Warn(StagePlan stage, IReadOnlyList<TensorRecord> records)
    {
        TensorRecord[] odd = [.. records.Where(record => record.NonFinite > 0)];
        if (odd.Length > 0)
        {
            warnings?.Invoke(new Problem(
                ErrorCodes.NonFinite,
                $"{odd.Length} of {records.Count} tensors hold values that are NaN or infinite, first '{odd[0].Name}' with {odd[0].NonFinite}",
                $"Look at the sources; where they are finite, tell the author of {stage.Strategy.Export} (plugin {stage.Strategy.Plugin}). {plan.Output.ManifestName} names all such tensors.", null, Severity.Warning));
        }
    }

    private Journal OpenJournal(StagePlan stage, OutputPlace place, bool force, out IReadOnlyList<TensorRecord> recorded) =>
        Journal.Open(place.JournalPath, MergeIdentity.OfUnfinished(plan, stage, options), force, out recorded);

    // Done is done, as long as inputs and files are what they were.
    private MergeManifest? Finished(StagePlan stage, OutputPlace place)
    {
        MergeManifest? manifest = MadeBefore(stage, place);
        return manifest is not null && Difference(stage, place, manifest) is { } difference ? throw difference : manifest;
    }

    private MergeManifest? MadeBefore(StagePlan stage, OutputPlace place) =>
        ManifestStore.TryRead(place) is { } manifest && manifest.Merge == MergeIdentity.Of(plan, stage, options) ? manifest : null;

    private OutputException? Difference(StagePlan stage, OutputPlace place, MergeManifest manifest)
    {
        Dictionary<string, string> inputs = manifest.InputFiles.ToDictionary(file => file.Name, file => file.Identity);
        foreach (InputFile file in plan.InputFilesOf(stage))
        {
            if (!inputs.Remove(file.Name, out string? identity) || identity != file.Identity)
            {
                return OutputException.InputChanged(place.Path, file.Name);
            }
        }

        if (inputs.Count > 0)
        {
            return OutputException.InputChanged(place.Path, inputs.Keys.First());
        }

        return manifest.Files.Select(file => (file.Name, Difference: OutputFiles.Difference(place.Folder, file))).FirstOrDefault(file => file.Difference is not null)
            is (string name, string difference) ? OutputException.Damaged(place.Path, name, difference) : null;
    }
}
