using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Records;
using MergeHost.Storage;
using MergeHost.Storage.Folders;
using MergeHost.Timing;

namespace MergeHost.Running;

/// <summary>Makes what one stage of a plan makes, up to its manifest; and finds what an earlier run made.</summary>
/// <param name="plan">A plan without errors.</param>
/// <param name="host">Creates the formats.</param>
/// <param name="options">How it is carried out.</param>
/// <param name="warnings">Told what is odd about the result.</param>
/// <param name="progress">Told of the progress now and then, from any thread.</param>
internal sealed class StageMaker(
    MergePlan plan, PluginHost host, MergeOptions options, Action<Problem>? warnings, IProgress<MergeProgress>? progress)
{
    private readonly Dictionary<string, (string Merge, string Unfinished)> _identities = [];

    /// <inheritdoc cref="MergeIdentity.Of"/>
    public (string Merge, string Unfinished) IdentityOf(StagePlan stage)
    {
        string name = stage.Stage.Name ?? "";
        if (!_identities.TryGetValue(name, out (string Merge, string Unfinished) known))
        {
            _identities.Add(name, known = MergeIdentity.Of(plan, stage, options));
        }

        return known;
    }

    /// <summary>Makes the files that are read ready, and tells what only their data can tell.</summary>
    /// <param name="last">The stage that is made.</param>
    /// <param name="stages">The stages that run for it.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">A file cannot be had, or the models do not go together.</exception>
    public void CheckInputs(StagePlan last, IEnumerable<StagePlan> stages, CancellationToken cancellation)
    {
        using System.Diagnostics.Activity? step = Step.Begin(Step.Check);
        InputFetch.Run(plan.InputFilesOf(last), options.Stream, warnings, progress, cancellation);
        foreach (Problem warning in stages.Where(InputCheck.CanRun)
            .SelectMany(stage => new InputCheck(stage, model => model.Open(), cancellation).Run()))
        {
            warnings?.Invoke(warning);
        }
    }

    /// <summary>Tells of files that were read where they are, and that could not be compared with their digests.</summary>
    /// <param name="last">The stage that was made.</param>
    public void WarnOfUncompared(StagePlan last)
    {
        if (InputFetch.Uncompared(plan.InputFilesOf(last)) is { } uncompared)
        {
            warnings?.Invoke(uncompared);
        }
    }

    /// <summary>Opens the journal of a stage, or of one of its parts.</summary>
    /// <inheritdoc cref="Journal.Open"/>
    public Journal OpenJournal(StagePlan stage, OutputPlace place, bool force, out IReadOnlyList<TensorRecord> recorded) =>
        Journal.Open(place.JournalPath, IdentityOf(stage).Unfinished, force, out recorded);

    /// <summary>Makes a stage, its choice made, and its manifest.</summary>
    /// <param name="runner">Runs the stage.</param>
    /// <param name="stage">The same stage.</param>
    /// <param name="place">Where it is made.</param>
    /// <param name="journal">The place's journal.</param>
    /// <param name="recorded">The tensors that the journal says are done.</param>
    /// <param name="earlier">The stages before it.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public MergeManifest Make(
        StageRunner runner, StagePlan stage, OutputPlace place, Journal journal, IReadOnlyList<TensorRecord> recorded,
        IReadOnlyList<ManifestStage> earlier,
        CancellationToken cancellation)
    {
        StageResult result = Run(runner, stage, place, journal, recorded);
        using System.Diagnostics.Activity? step = Step.Begin(Step.Finish);
        using ICheckpointReader written = host.Create<ICheckpointFormat>(stage.Format).Open(place.Path);
        string? check = BuildCheck.Run(stage, written, host, options, cancellation);
        MergeManifest manifest = ManifestStore.Make(plan, stage, IdentityOf(stage).Merge, earlier, result,
            OutputFiles.Describe(place.Folder, result.Files, written), options).WithCheck(check);
        DurableFile.Write(place.ManifestPath, manifest.ToBytes());
        return manifest;
    }

    /// <summary>The manifest of what an earlier run made, with what its builder's check finds.</summary>
    public MergeManifest Checked(MergeManifest finished, StagePlan stage, OutputPlace place, CancellationToken cancellation)
    {
        using ICheckpointReader written = host.Create<ICheckpointFormat>(stage.Format).Open(place.Path);
        return finished.WithCheck(BuildCheck.Run(stage, written, host, options, cancellation));
    }

    /// <summary>Makes the tensors of a stage, or of a part, and their files.</summary>
    /// <inheritdoc cref="Make"/>
    public StageResult Run(StageRunner runner, StagePlan stage, OutputPlace place, Journal journal, IReadOnlyList<TensorRecord> recorded)
    {
        StageResult result;
        try
        {
            result = runner.Run(place.Folder, journal, recorded, progress);
        }
        catch (CheckpointException exception) when (exception.Code == ErrorCodes.HubDamaged)
        {
            // Nothing that was made of bytes that are not the store's is gone on with.
            journal.Forget();
            throw;
        }

        Warn(stage, result.Records);
        result.Warnings.ToList().ForEach(warning => warnings?.Invoke(warning));
        return result;
    }

    /// <summary>The manifest of what an earlier run made of the stage, as long as inputs and files are what they were;
    /// <see langword="null"/> if there is none.</summary>
    /// <exception cref="OutputException">It was made, and is not what it was, or its inputs are not.</exception>
    public MergeManifest? Finished(StagePlan stage, OutputPlace place)
    {
        MergeManifest? manifest = MadeBefore(stage, place);
        return manifest is not null && Difference(stage, place, manifest) is { } difference ? throw difference : manifest;
    }

    /// <summary>The manifest of what an earlier run made of the stage; <see langword="null"/> if
    /// there is none, or it is another merge's.</summary>
    public MergeManifest? MadeBefore(StagePlan stage, OutputPlace place) =>
        ManifestStore.TryRead(place) is { } manifest && manifest.Merge == IdentityOf(stage).Merge ? manifest : null;

    /// <summary>What is different from when a stage was made, of its inputs or of its files;
    /// <see langword="null"/> if nothing is.</summary>
    public OutputException? Difference(StagePlan stage, OutputPlace place, MergeManifest manifest)
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

        return manifest.Files.Select(file => (file.Name, Difference: OutputFiles.Difference(place.Folder, file)))
            .FirstOrDefault(file => file.Difference is not null)
            is (string name, string difference) ? OutputException.Damaged(place.Path, name, difference) : null;
    }

    // The manifest names every one.
    private void Warn(StagePlan stage, IReadOnlyList<TensorRecord> records)
    {
        TensorRecord[] odd = [.. records.Where(record => record.NonFinite > 0)];
        if (odd.Length > 0)
        {
            warnings?.Invoke(new Problem(
                ErrorCodes.NonFinite,
                $"{odd.Length} of {records.Count} tensors hold values that are NaN or infinite, first '{odd[0].Name}' "
                    + $"with {odd[0].NonFinite}",
                "Look at the sources; where they are finite, tell the author "
                    + $"of {stage.Strategy.Export} (plugin {stage.Strategy.Plugin}). {plan.Output.ManifestName} names all such tensors.",
                        null, Severity.Warning));
        }
    }
}
