using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Running.Building;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Parts;
using MergeHost.Running.Records;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Statistics;
using MergeHost.Running.Tensors;
using MergeHost.Strategies;
using MergeHost.Timing;

namespace MergeHost.Running;

/// <summary>Carries out the plan of one stage: makes its tensors and writes its checkpoint.</summary>
/// <param name="plan">The stage.</param>
/// <param name="host">Creates what the stage uses.</param>
/// <param name="options">How it is carried out.</param>
/// <param name="cancellation">Asks to stop; what is done is kept.</param>
internal sealed class StageRunner(StagePlan plan, PluginHost host, MergeOptions options, CancellationToken cancellation)
{
    /// <summary>The part that is made, or <see langword="null"/> for the whole.</summary>
    public PartPlan? Part { get; init; }

    /// <summary>Has what was found of the whole model, where it was looked for before;
    /// <see langword="null"/> if that is still to do.</summary>
    public Survey? Survey { get; init; }

    /// <summary>Given tensors that are not there, tells what is wrong; <see langword="null"/> if they are to be made.</summary>
    public Func<IReadOnlyList<TensorPlan>, MergeHostException>? Refuse { get; init; }

    private IReadOnlyList<TensorPlan> Tensors => field ??= Part is null ? plan.Tensors : [.. plan.Tensors.Where(Part.Makes)];

    /// <summary>Runs the stage, or goes on with it.</summary>
    /// <param name="folder">Where the checkpoint is written; it holds a journal.</param>
    /// <param name="journal">The folder's journal.</param>
    /// <param name="recorded">The tensors that the journal says are done.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <returns>What is to be noted of each tensor, in the order of the plan, and the names of the files that were written.</returns>
    /// <exception cref="IOException">The checkpoint cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what is done is kept.</exception>
    public StageResult Run(string folder, Journal journal, IReadOnlyList<TensorRecord> recorded, IProgress<MergeProgress>? progress)
    {
        InputWatch watch = new(plan.Models.Concat(plan.Auxiliaries));
        StageOutput output = new(CreateFiles(folder), plan.Packed);
        using ICheckpointWriter writer = output.Writer;
        Dictionary<string, TensorRecord> records = Confirmed(recorded, writer, Refuse is null ? null : progress);
        if (Refuse is not null && Tensors.Where(tensor => !records.ContainsKey(tensor.Output.Name)).ToList() is { Count: > 0 } lacking)
        {
            throw Refuse(lacking);
        }

        // Where nothing may be made, neither models nor a device are needed.
        IReadOnlyList<Problem> warnings = Refuse is not null
            ? []
            : MakeTensors(output, model => model.Open(), journal.Add, records, progress, isChecked: InputCheck.CanRun(plan));
        watch.ThrowIfChanged();
        TensorRecord[] made = [.. Tensors.Select(tensor => records[tensor.Output.Name])];
        Problem? unchanged = Part is null ? ChangeCheck.Run(plan, made) : null;
        StageResult result = new(made, writer.Files, [.. warnings, .. output.Report(), .. unchanged is null ? (Problem[])[] : [unchanged]]);
        using System.Diagnostics.Activity? step = Step.Begin(Step.Finish);
        writer.Complete();
        return result;
    }

    /// <summary>Makes the stage's tensors in memory; nothing is written.</summary>
    /// <param name="memory">Receives what is stored.</param>
    /// <param name="open">Opens a model.</param>
    /// <param name="progress">Told of the progress now and then, from any thread.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public void RunInMemory(MemoryCheckpoint memory, Func<InputModel, ICheckpointReader> open, IProgress<MergeProgress>? progress)
    {
        InputWatch watch = new(plan.Models.Concat(plan.Auxiliaries));
        MakeTensors(new StageOutput(memory, plan.Packed), open, _ => { }, [], progress, isChecked: false);
        watch.ThrowIfChanged();
    }

    /// <summary>Finds what is to be known of the whole model before any tensor is made, and keeps it.</summary>
    /// <param name="answers">Keeps it.</param>
    /// <param name="isMine">Whether this run is the one to answer a question, by its number.</param>
    /// <returns>How many questions this run answered.</returns>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public int RunSurvey(Survey answers, Func<int, bool> isMine)
    {
        InputWatch watch = new(plan.Models.Concat(plan.Auxiliaries));
        using RunContext context = new(options, plan.Models.ToDictionary(model => model, model => model.Open()),
            new StageOutput(new NoWriter(), null), largestBytes: 0)
        { Strategy = plan.Strategy };
        ModelStatistics statistics = new(plan.Tensors, context, new BlockScheduler(options.Threads, options.TensorBytes, cancellation));
        int[] mine = [.. Enumerable.Range(0, statistics.Count).Where(question => isMine(question) && answers.Find(question) is null)];
        IReadOnlyList<MeasuredResult> results = statistics.Measure(mine);
        watch.ThrowIfChanged();
        foreach ((int question, MeasuredResult result) in mine.Zip(results))
        {
            answers.Keep(question, result);
        }

        return mine.Length;
    }

    private ICheckpointWriter CreateFiles(string folder)
    {
        using System.Diagnostics.Activity? step = Step.Begin(Step.Allocate);
        IWritableCheckpointFormat format = host.Create<IWritableCheckpointFormat>(plan.Format);
        return Part is null
            ? format.Create(folder, plan.Layout)
            : new PartWriter(format.CreateShards(folder, plan.Layout, Part.Shards), Part, plan.Layout, folder);
    }

    private IReadOnlyList<Problem> MakeTensors(
        StageOutput output, Func<InputModel, ICheckpointReader> open, Action<TensorRecord> note, Dictionary<string, TensorRecord> records,
        IProgress<MergeProgress>? progress, bool isChecked)
    {
        Dictionary<InputModel, ICheckpointReader> readers = plan.Models.ToDictionary(model => model, open);
        IReadOnlyList<Problem> warnings = isChecked ? [] : new InputCheck(plan, model => readers[model], cancellation).Run();
        long largest = plan.Tensors.Select(SteppedTask.Needed).DefaultIfEmpty().Max();
        using RunContext context = new(options, readers, output, largest) { Strategy = plan.Strategy };
        BlockScheduler scheduler = new(options.Threads, options.TensorBytes, cancellation);
        using ProgressTimer timer = new(plan with { Tensors = Tensors }, context, records, progress);
        HashSet<string> own = [.. Tensors.Select(tensor => tensor.Output.Name)];
        IReadOnlyDictionary<Statistic, object> modelResults = own.All(records.ContainsKey)
            ? new Dictionary<Statistic, object>()
            : MeasureModel(context, scheduler);
        ITensorTask[] tasks = [.. Tasks(records, context, modelResults)];
        try
        {
            scheduler.Run(tasks, task => Note(((ITensorTask)task).Records));
        }
        finally
        {
            tasks.OfType<SteppedTask>().ToList().ForEach(task => task.Free());
        }

        return warnings;

        void Note(IEnumerable<TensorRecord> made)
        {
            foreach (TensorRecord record in made.Where(record => own.Contains(record.Name)))
            {
                note(record);
                lock (records)
                {
                    records[record.Name] = record;
                }
            }

            timer.Report();
        }
    }

    private IReadOnlyDictionary<Statistic, object> MeasureModel(RunContext context, BlockScheduler scheduler)
    {
        ModelStatistics statistics = new(plan.Tensors, context, scheduler);
        for (int question = 0; Survey is not null && question < statistics.Count; question++)
        {
            statistics.Know(question, Survey.Find(question) ?? throw Survey.Missing());
        }

        statistics.Measure(Enumerable.Range(0, statistics.Count));
        return statistics.Results;
    }

    // What is made in one go is made again as a whole, and so is what is measured together.
    private IEnumerable<ITensorTask> Tasks(Dictionary<string, TensorRecord> records, RunContext context,
        IReadOnlyDictionary<Statistic, object> modelResults)
    {
        HashSet<MakeTreatment> begun = [];
        ILookup<string?, TensorPlan> measured = plan.Tensors.ToLookup(tensor => tensor.Packed?.MeasuredWith);
        HashSet<string> measuring = [];
        foreach (TensorPlan tensor in Tensors.Where(tensor => !records.ContainsKey(tensor.Output.Name)))
        {
            switch (tensor.Treatment)
            {
                case MakeTreatment make when begun.Add(make):
                    yield return new MakeTask([.. plan.Tensors.Where(other => other.Treatment == make)], make, plan, host, context,
                        cancellation);
                    break;
                case MakeTreatment:
                    break;
                case JoinTreatment join:
                    yield return new JoinTask(tensor, join, context);
                    break;
                case var _ when tensor.Packed?.MeasuredWith is { } key:
                    if (measuring.Add(key))
                    {
                        yield return new MeasuredGroupTask([.. measured[key]
                            .Select(member => new TensorTask(member, context, modelResults, cancellation))]);
                    }

                    break;
                case var _ when tensor.Then.Count > 0:
                    yield return new SteppedTask(tensor, context, modelResults, cancellation);
                    break;
                default:
                    yield return new TensorTask(tensor, context, modelResults, cancellation);
                    break;
            }
        }
    }

    // A record counts only if the bytes on disk are those it tells of: a crash of the machine can lose bytes that a line outlives.
    private Dictionary<string, TensorRecord> Confirmed(IReadOnlyList<TensorRecord> recorded, ICheckpointWriter writer,
        IProgress<MergeProgress>? progress)
    {
        Dictionary<string, TensorPlan> tensors = Tensors.ToDictionary(tensor => tensor.Output.Name);
        ConfirmTask[] tasks =
        [
            .. recorded.DistinctBy(record => record.Name)
                .Where(record => tensors.TryGetValue(record.Name, out TensorPlan? tensor) && tensor.Stored.Count == record.Stored.Count)
                    .Select(record => new ConfirmTask(record,
                        [.. tensors[record.Name].Stored.Zip(record.Stored).Where(part => Part is null || Part.Holds(part.First))], writer)),
        ];
        if (tasks.Length == 0)
        {
            return [];
        }

        long totalBytes = tasks.Sum(task => task.LengthBytes);
        (long Bytes, int Tensors) done = (0, 0);
        new BlockScheduler(options.Threads, options.TensorBytes, cancellation).Run(tasks, task =>
        {
            done = (done.Bytes + ((ConfirmTask)task).LengthBytes, done.Tensors + 1);
            progress?.Report(new MergeProgress("all parts", done.Bytes, totalBytes, done.Tensors, tasks.Length));
        });
        return tasks.Where(task => task.IsConfirmed).ToDictionary(task => task.Record.Name, task => task.Record);
    }
}
