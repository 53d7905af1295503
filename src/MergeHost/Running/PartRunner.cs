using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Parts;
using MergeHost.Running.Records;
using MergeHost.Running.Statistics;
using MergeHost.Selecting;
using MergeHost.Storage;

namespace MergeHost.Running;

/// <summary>Makes an output in parts, by as many processes as there are, on any machines that share its folder.</summary>
/// <remarks>
/// A part is a run over some of the output's files, in a folder of its own with a journal of its own. Any may be run twice, run at once, or
/// killed. To finish is to go on with a run that has made everything: it reads all bytes back,
/// and makes what one run alone would have made.
/// </remarks>
/// <param name="plan">A plan without errors.</param>
/// <param name="stageName">The stage, or <see langword="null"/> for the last.</param>
/// <param name="host">Creates the formats.</param>
/// <param name="options">How it is carried out.</param>
/// <param name="warnings">Told what is odd.</param>
/// <param name="progress">Told of the progress now and then, from any thread.</param>
internal sealed class PartRunner(
    MergePlan plan, string? stageName, PluginHost host, MergeOptions options, Action<Problem>? warnings, IProgress<MergeProgress>? progress)
{
    // How often a run that waits for another one looks.
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(0.5);

    private readonly StageMaker _maker = new(plan, host, options, warnings, progress);
    private readonly StagePlan _stage = Find(plan, stageName);

    private OutputPlace Place => field ??= IsLast ? plan.Output : plan.Output.OfStage(_stage.Stage.Name!);

    private bool IsLast => _stage == plan.Stages[^1];

    private string Command => CommandOf(IsLast ? null : _stage.Stage.Name);

    private Survey Answers => field ??= new Survey(Place, Command);

    /// <summary>Makes a part, goes on where an earlier run stopped, or finds that it is done; waits
    /// where another process is making it.</summary>
    /// <exception cref="MergeHostException">The output cannot be made in parts, or the part cannot be made.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what is done is kept.</exception>
    public PartSummary Run(MergePart part, CancellationToken cancellation) => Guarded($"part {part}", () =>
    {
        PartPlan mine = PartPlan.Divide(_stage, Place, host, part.Count)[part.Number - 1];
        PartSummary summary = new(plan.Output.Path, part.ToString(), _stage.Stage.Name)
        {
            Files = [.. mine.Shards.Select(shard => shard.File)],
            LengthBytes = mine.LengthBytes,
            Count = _stage.Tensors.Count(mine.Makes),
        };
        if (_maker.Finished(_stage, Place) is not null)
        {
            return summary with { IsAlreadyComplete = true };
        }

        Prepare(part.Count);
        OutputPlace own = Place.OfPart(part);
        Directory.CreateDirectory(own.Folder);
        using Journal journal = _maker.OpenJournal(_stage, own, force: true, out IReadOnlyList<TensorRecord> recorded);
        if (IsPutAway(journal))
        {
            return summary with { IsAlreadyComplete = true };
        }

        if (mine.Shards.Count == 0)
        {
            warnings?.Invoke(new Problem(ErrorCodes.NotInParts,
                $"{plan.Output.Path}: part {part} has nothing to make: the output has fewer files than there are parts",
                "Make fewer parts, or smaller files by --shard-size.", null, Severity.Warning));
        }

        if (IsDone(mine, recorded))
        {
            return summary with { IsAlreadyComplete = true };
        }

        _maker.CheckInputs(_stage, [_stage], cancellation);
        StagePlan stage = Chosen();
        DiskSpace.Check(own, mine.LengthBytes);
        StageRunner runner = new(stage, host, options, cancellation) { Part = mine, Survey = Answers };
        _maker.Run(runner, stage, own, journal, recorded);
        _maker.WarnOfUncompared(_stage);
        return summary;
    }, cancellation);

    /// <summary>Finds some of what is to be known of whole models before any part is made: choices by
    /// scores, and statistics over the model.</summary>
    /// <param name="part">Which of the questions: their numbers are dealt out in turn. Where scores choose, what else is asked
    /// hangs on it, and the first part does all.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">The output cannot be made in parts, or an input cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PartSummary Survey(MergePart part, CancellationToken cancellation) => Guarded($"survey {part}", () =>
    {
        PartSummary summary = new(plan.Output.Path, part.ToString(), _stage.Stage.Name);
        PartPlan.Divide(_stage, Place, host, part.Count);
        if (_maker.Finished(_stage, Place) is not null || (_stage.Selection is not null && part.Number > 1))
        {
            return summary with { IsAlreadyComplete = true };
        }

        Prepare(count: null);
        using Journal journal = _maker.OpenJournal(_stage, Place.OfSurvey(part), force: true, out _);
        _maker.CheckInputs(_stage, [_stage], cancellation);
        StagePlan stage = _stage;
        int answered = 0;
        if (stage.Selection is { } selection)
        {
            answered = Answers.FindChoices(selection) is null ? 1 : 0;
            stage = answered == 0 ? Chosen() : SelectionRunner.Choose(stage, options, progress, cancellation);
            Answers.KeepChoices(stage.Selection!.Choices!);
        }

        int measured = ModelStatistics.AreAsked(stage.Tensors)
            ? new StageRunner(stage, host, options, cancellation)
                .RunSurvey(Answers, question => _stage.Selection is not null || question % part.Count == part.Number - 1)
            : 0;
        _maker.WarnOfUncompared(_stage);
        return summary with { Count = answered + measured, IsAlreadyComplete = answered + measured == 0 };
    }, cancellation);

    /// <summary>Puts the parts together: looks at all of them, byte by byte, and writes what belongs to the whole.</summary>
    /// <param name="cancellation">Asks to stop; the same call goes on.</param>
    /// <param name="finishing">Called with what was made, unless it is an earlier stage, before the
    /// marks of an unfinished run are removed.</param>
    /// <returns>What was made, as one run would tell it.</returns>
    /// <exception cref="MergeHostException">Parts are missing or damaged, or are of another merge.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the same call goes on.</exception>
    public MergeManifest Finish(CancellationToken cancellation, Action<MergeManifest>? finishing = null) =>
        Guarded("the finished output", () =>
        {
            if (_maker.Finished(_stage, Place) is { } finished)
            {
                return PutAway(_maker.Checked(finished, _stage, Place, cancellation) with { IsAlreadyComplete = true }, finishing);
            }

            if (!Directory.Exists(Place.PartsPath))
            {
                throw OutputException.PartsMissing($"{plan.Output.Path}: no part is there",
                    $"Make them by `{Command} --part 1/4` and so on.");
            }

            IReadOnlyList<ManifestStage> earlier = Earlier();
            PartsRecord.Of(plan, _stage, _maker.IdentityOf(_stage).Merge).Claim(Place);
            int[] counts = [.. Place.PartCounts()];
            IReadOnlyList<PartPlan> parts = PartPlan.Divide(_stage, Place, host, counts is [int only] ? only : throw CountUnclear(counts));
            IReadOnlyList<TensorRecord> recorded = CheckParts(parts);
            StagePlan stage = Chosen();
            MergeManifest manifest;
            using (Journal journal = _maker.OpenJournal(stage, Place, force: false, out _))
            {
                if (IsPutAway(journal))
                {
                    return _maker.MadeBefore(_stage, Place)! with { IsAlreadyComplete = true };
                }

                Gather(parts, recorded, journal);
                StageRunner runner = new(stage, host, options, cancellation) { Refuse = lost => Damaged(parts, lost) };
                manifest = _maker.Make(runner, stage, Place, journal, recorded, earlier, cancellation);
            }

            return PutAway(manifest, finishing);
        }, cancellation);

    /// <summary>How far the parts are; nothing is changed, and nobody is kept waiting.</summary>
    /// <param name="count">How many parts there are; <see langword="null"/> to see it by those that were begun.</param>
    /// <exception cref="MergeHostException">The output cannot be made in parts, or none was begun.</exception>
    public (bool IsFinished, IReadOnlyList<PartStatus> Parts) Status(int? count)
    {
        // An earlier stage is put away with the last.
        bool isFinished = _maker.Finished(_stage, Place) is not null
            || (!IsLast && _maker.Finished(plan.Stages[^1], plan.Output) is not null);
        int known = count ?? (isFinished ? 1 : Place.PartCounts() is [int only] ? only : throw CountUnclear([.. Place.PartCounts()]));
        return (isFinished,
            [.. PartPlan.Divide(_stage, Place, host, known).Select(part => StatusOf(part, isFinished ? null : RecordsOf(part)))]);
    }

    /// <summary>Whether something must be known of whole models before any part is made.</summary>
    public bool NeedsSurvey => _stage.Selection is not null || ModelStatistics.AreAsked(_stage.Tensors);

    // With what must be the same for all parts.
    private string CommandOf(string? stage)
    {
        MergeOptions usual = new();
        (bool IsGiven, string Text)[] given =
        [
            (options.ShardSizeBytes != usual.ShardSizeBytes, $" --shard-size {options.ShardSizeBytes}"),
            (options.Seed != usual.Seed, $" --seed {options.Seed}"),
            (options.Device != usual.Device, $" --device {options.Device}"), (stage is not null, $" --stage {stage}"),
        ];
        return "mergehost "
            + $"merge {plan.Recipe.Path} {plan.Output.Path}"
            + $"{string.Concat(given.Where(option => option.IsGiven).Select(option => option.Text))}";
    }

    // Holds of whatever is done to an output in parts: where another process does the same, wait for it and look again.
    private T Guarded<T>(string what, Func<T> work, CancellationToken cancellation)
    {
        bool isTold = false;
        for (int tries = 1; ;)
        {
            try
            {
                OutputOverlap.Check(plan);
                return work();
            }
            catch (OutputException exception) when (exception.Code == ErrorCodes.OutputLocked)
            {
                if (!isTold)
                {
                    warnings?.Invoke(new Problem(ErrorCodes.OutputLocked,
                        $"{plan.Output.Path}: another process is making {what}; waiting until it is done", null, null, Severity.Warning));
                    isTold = true;
                }

                cancellation.WaitHandle.WaitOne(_interval);
                cancellation.ThrowIfCancellationRequested();
            }
            catch (Exception exception) when (exception is OutputException or DirectoryNotFoundException && tries++ < 3
                && _maker.MadeBefore(_stage, Place) is not null)
            {
                // Another process has finished the output, and put away the parts, in the middle of this.
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw OutputException.WriteFailed(plan.Output.Path, exception);
            }
        }
    }

    // Whether another process has finished the output since it was looked at, and before the journal was opened.
    private bool IsPutAway(Journal journal)
    {
        if (_maker.MadeBefore(_stage, Place) is null)
        {
            return false;
        }

        journal.Dispose();
        Place.CleanUp();
        return true;
    }

    private MergeManifest PutAway(MergeManifest manifest, Action<MergeManifest>? finishing)
    {
        if (IsLast)
        {
            finishing?.Invoke(manifest);
        }

        Place.CleanUp();
        return manifest;
    }

    private void Prepare(int? count)
    {
        Earlier();
        if (!IsLast)
        {
            plan.Output.CheckStage(_stage.Stage.Name!);
        }

        Place.PrepareParts(_stage.Format.Export.Files);
        PartsRecord.Of(plan, _stage, _maker.IdentityOf(_stage).Merge).Claim(Place);
        if (count is { } asked && Place.PartCounts().Where(other => other != asked).ToArray() is { Length: > 0 } others)
        {
            throw OutputException.OtherPartCount(plan.Output.Path, Place.PartsPath, string.Join(" and in ", others), asked);
        }
    }

    // The stages before, all of which must be done.
    private List<ManifestStage> Earlier() => [.. plan.Stages.TakeWhile(stage => stage != _stage).Select(stage =>
    {
        OutputPlace place = plan.Output.OfStage(stage.Stage.Name!);
        return _maker.MadeBefore(stage, place) is { } made && _maker.Difference(stage, place, made) is null
            ? made.Stages[^1]
            : throw OutputException.PartsMissing(
                $"{plan.Output.Path}: stage '{stage.Stage.Name}', which this one is made of, is not finished",
                $"Make it in parts by `{CommandOf(stage.Stage.Name)} --part 1/4` and so on, and finish it by the same with --finish.");
    })];

    private StagePlan Chosen() =>
        _stage.Selection is not { } selection ? _stage : _stage.Choose(Answers.FindChoices(selection) ?? throw Answers.Missing());

    private bool IsDone(PartPlan part, IEnumerable<TensorRecord> recorded)
    {
        HashSet<string> done = [.. recorded.Select(record => record.Name)];
        return part.Shards.All(shard => Where(part, shard) is not null)
            && _stage.Tensors.Where(part.Makes).All(tensor => done.Contains(tensor.Output.Name));
    }

    // In the part's own folder, or in the output's, where those that finish it put it.
    private string? Where(PartPlan part, Checkpoints.CheckpointShard shard) =>
        new[] { Place.OfPart(part.Part).In(shard.File), Place.In(shard.File + PartialFile.Suffix), Place.In(shard.File) }
            .FirstOrDefault(File.Exists);

    // Without records: the output is finished.
    private PartStatus StatusOf(PartPlan part, IReadOnlyList<TensorRecord>? recorded)
    {
        OutputPlace own = Place.OfPart(part.Part);
        int total = _stage.Tensors.Count(part.Makes);
        string state = recorded is null || (File.Exists(own.JournalPath) && IsDone(part, recorded)) ? PartStatus.Done
            : !File.Exists(own.JournalPath) ? PartStatus.NotBegun
            : Journal.IsOpen(own.JournalPath) ? PartStatus.Running
            : PartStatus.Stopped;
        return new PartStatus(part.Part.ToString(), state,
            state == PartStatus.Done ? total : Math.Min(total, recorded!.DistinctBy(record => record.Name).Count()), total,
            part.LengthBytes);
    }

    private IReadOnlyList<TensorRecord> RecordsOf(PartPlan part) =>
        Journal.Look(Place.OfPart(part.Part).JournalPath, _maker.IdentityOf(_stage).Unfinished);

    // What all of them made; each has made everything.
    private List<TensorRecord> CheckParts(IReadOnlyList<PartPlan> parts)
    {
        IReadOnlyList<TensorRecord>[] recorded = [.. parts.Select(RecordsOf)];
        PartStatus[] missing = [.. parts.Zip(recorded, StatusOf).Where(status => status.State != PartStatus.Done)];
        if (missing.Length > 0)
        {
            string listed = string.Join(", ", missing.Take(20).Select(status => $"{status.Part} ({Words(status)})"));
            throw OutputException.PartsMissing(
                $"{plan.Output.Path}: {missing.Length} of {parts.Count} parts are not "
                    + $"finished: {listed}{(missing.Length > 20 ? ", …" : "")}",
                $"Run `{Command} --part {missing[0].Part}`{(missing.Length > 1 ? " and the others" : "")}, and then this again.");
        }

        return [.. recorded.SelectMany(records => records).DistinctBy(record => record.Name)];
    }

    private static string Words(PartStatus status) =>
        status.State == PartStatus.NotBegun ? status.State : $"{status.State}, {status.DoneTensors} of {status.TotalTensors} tensors";

    // From here on it is as if one run had made all tensors and been stopped then.
    private void Gather(IReadOnlyList<PartPlan> parts, IReadOnlyList<TensorRecord> recorded, Journal journal)
    {
        recorded.ToList().ForEach(journal.Add);
        foreach ((PartPlan part,
            Checkpoints.CheckpointShard shard) in parts.SelectMany(part => part.Shards, (part, shard) => (part, shard)))
        {
            string own = Place.OfPart(part.Part).In(shard.File);
            if (File.Exists(own))
            {
                File.Move(own, Place.In(shard.File + PartialFile.Suffix), overwrite: true);
            }
        }
    }

    private OutputException Damaged(IReadOnlyList<PartPlan> parts, IReadOnlyList<TensorPlan> lost)
    {
        PartPlan[] damaged = [.. parts.Where(part => lost.Any(part.Makes))];
        damaged.ToList().ForEach(part => Directory.Delete(Place.OfPart(part.Part).Folder, recursive: true));
        string listed = string.Join(", ", damaged.Select(part => part.Part));
        return OutputException.PartsMissing(
            $"{plan.Output.Path}: part{(damaged.Length > 1 ? "s" : "")} {listed}: tensor "
                + $"'{lost[0].Output.Name}'{(lost.Count > 1 ? $" and {lost.Count - 1} more" : "")} holds other bytes than were written",
            $"Run `{Command} --part {damaged[0].Part}`{(damaged.Length > 1 ? " and the others" : "")} again, and then this; look after the "
                + "disk, too.");
    }

    private OutputException CountUnclear(int[] counts) => counts.Length == 0
        ? OutputException.PartsMissing($"{plan.Output.Path}: no part is there", $"Make them by `{Command} --part 1/4` and so on.")
        : OutputException.OtherPartCount(plan.Output.Path, Place.PartsPath, string.Join(" and in ", counts[..^1]), counts[^1]);

    private static StagePlan Find(MergePlan plan, string? name) => name is null ? plan.Stages[^1]
        : plan.Stages.FirstOrDefault(stage => stage.Stage.Name == name) ?? throw new MergeHostException([new Problem(ErrorCodes.StageGraph,
            $"{plan.Recipe.Path}: there is no stage '{name}'",
            Suggestion.Hint(name, plan.Stages.Select(stage => stage.Stage.Name).OfType<string>(),
                "The stages are those with a `name:`; without --stage it is the last."))]);
}
