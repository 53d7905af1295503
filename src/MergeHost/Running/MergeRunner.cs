using MergeHost.Checkpoints;
using MergeHost.Kernels.Folders;
using MergeHost.Kernels.IO;
using MergeHost.Output;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Running.Checks;
using MergeHost.Scoring;

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
    /// <param name="output">The folder of the output.</param>
    /// <param name="cancellation">Asks to stop; what is done is kept.</param>
    /// <exception cref="MergeHostException">The output cannot be written, an input cannot be read, or a strategy fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public MergeManifest Run(string output, CancellationToken cancellation)
    {
        try
        {
            return RunStages(output, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(output, exception);
        }
    }

    private MergeManifest RunStages(string output, CancellationToken cancellation)
    {
        StagePlan last = plan.Stages[^1];
        OutputOverlap.Check(plan, output);
        if (!options.Force && Finished(last, output) is { } finished)
        {
            OutputFolder.CleanUp(output);
            return finished with { IsAlreadyComplete = true };
        }

        foreach (StagePlan stage in plan.Stages.Where(InputCheck.CanRun))
        {
            new InputCheck(stage, model => model.Open(), cancellation).Run();
        }

        OutputFolder.Prepare(output, last.Format.Export.Files, options.Force);
        MergeManifest manifest;
        using (Journal journal = OpenJournal(last, output, options.Force, out IReadOnlyList<TensorRecord> recorded))
        {
            if (options.Force)
            {
                OutputFolder.Clear(output, last.Format.Export.Files);
            }

            DiskSpace.Check(plan, output);
            List<ManifestStage> earlier = [.. plan.Stages.SkipLast(1).Select(stage => RunEarlier(stage, output, cancellation))];
            manifest = RunStage(last, output, journal, recorded, earlier, cancellation);
        }

        OutputFolder.CleanUp(output);
        return manifest;
    }

    private ManifestStage RunEarlier(StagePlan stage, string output, CancellationToken cancellation)
    {
        string folder = OutputFolder.OfStage(output, stage.Stage.Name!);
        OutputFolder.CheckStage(output, stage.Stage.Name!);
        if (MadeBefore(stage, folder) is { } made && Difference(stage, folder, made) is null)
        {
            return made.Stages[^1];
        }

        // What lies there is ours, so another merge's remains may go.
        OutputFolder.Prepare(folder, stage.Format.Export.Files, force: true);
        using Journal journal = OpenJournal(stage, folder, force: true, out IReadOnlyList<TensorRecord> recorded);
        OutputFolder.Clear(folder, stage.Format.Export.Files);
        return RunStage(stage, folder, journal, recorded, [], cancellation).Stages[^1];
    }

    private MergeManifest RunStage(
        StagePlan stage, string folder, Journal journal, IReadOnlyList<TensorRecord> recorded, IReadOnlyList<ManifestStage> earlier,
        CancellationToken cancellation)
    {
        stage = SelectionRunner.Choose(stage, options, progress, cancellation);
        StageRunner runner = new(stage, host, options, cancellation);
        StageResult result = runner.Run(folder, journal, recorded, progress);
        Warn(result.Records);
        using ICheckpointReader written = host.Create<ICheckpointFormat>(stage.Format).Open(folder);
        MergeManifest manifest = ManifestStore.Make(plan, stage, earlier, result, OutputFiles.Describe(folder, result.Files, written), options);
        DurableFile.Write(OutputFolder.ManifestPath(folder), manifest.ToBytes());
        return manifest;
    }

    // The manifest names every one.
    private void Warn(IReadOnlyList<TensorRecord> records)
    {
        TensorRecord[] odd = [.. records.Where(record => record.NonFinite > 0)];
        if (odd.Length > 0)
        {
            warnings?.Invoke(new Problem(
                ErrorCodes.NonFinite,
                $"{odd.Length} of {records.Count} tensors hold values that are NaN or infinite, first '{odd[0].Name}' with {odd[0].NonFinite}",
                $"Look at the sources; {OutputFolder.ManifestName} names all such tensors.", null, Severity.Warning));
        }
    }

    private Journal OpenJournal(StagePlan stage, string folder, bool force, out IReadOnlyList<TensorRecord> recorded) =>
        Journal.Open(OutputFolder.JournalPath(folder), MergeIdentity.OfUnfinished(plan, stage, options), force, out recorded);

    // Done is done, as long as inputs and files are what they were.
    private MergeManifest? Finished(StagePlan stage, string folder)
    {
        MergeManifest? manifest = MadeBefore(stage, folder);
        return manifest is not null && Difference(stage, folder, manifest) is { } difference ? throw difference : manifest;
    }

    private MergeManifest? MadeBefore(StagePlan stage, string folder) =>
        ManifestStore.TryRead(folder) is { } manifest && manifest.Merge == MergeIdentity.Of(plan, stage, options) ? manifest : null;

    private OutputException? Difference(StagePlan stage, string folder, MergeManifest manifest)
    {
        Dictionary<string, string> inputs = manifest.InputFiles.ToDictionary(file => file.Name, file => file.Identity);
        foreach (InputFile file in plan.InputFilesOf(stage))
        {
            if (!inputs.Remove(file.Name, out string? identity) || identity != file.Identity)
            {
                return OutputException.InputChanged(folder, file.Name);
            }
        }

        if (inputs.Count > 0)
        {
            return OutputException.InputChanged(folder, inputs.Keys.First());
        }

        return manifest.Files.Select(file => (file.Name, Difference: OutputFiles.Difference(folder, file))).FirstOrDefault(file => file.Difference is not null)
            is (string name, string difference) ? OutputException.Damaged(folder, name, difference) : null;
    }
}
