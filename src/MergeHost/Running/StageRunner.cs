using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Running.Building;
using MergeHost.Running.Checks;
using MergeHost.Running.Data;
using MergeHost.Running.Records;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Statistics;
using MergeHost.Running.Tensors;
using MergeHost.Strategies;

namespace MergeHost.Running;

/// <summary>Carries out the plan of one stage: makes its tensors and writes its checkpoint.</summary>
internal sealed class StageRunner(StagePlan plan, PluginHost host, MergeOptions options, CancellationToken cancellation)
{
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
        StageOutput output = new(host.Create<IWritableCheckpointFormat>(plan.Format).Create(folder, plan.Layout), plan.Packed);
        using ICheckpointWriter writer = output.Writer;
        Dictionary<string, TensorRecord> records = Confirmed(recorded, writer);
        IReadOnlyList<Problem> warnings = MakeTensors(output, model => model.Open(), journal.Add, records, progress, isChecked: InputCheck.CanRun(plan));
        watch.ThrowIfChanged();
        TensorRecord[] made = [.. plan.Tensors.Select(tensor => records[tensor.Output.Name])];
        Problem? unchanged = ChangeCheck.Run(plan, made);
        StageResult result = new(made, writer.Files, [.. warnings, .. output.Report(), .. unchanged is null ? (Problem[])[] : [unchanged]]);
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

    private IReadOnlyList<Problem> MakeTensors(
        StageOutput output, Func<InputModel, ICheckpointReader> open, Action<TensorRecord> note, Dictionary<string, TensorRecord> records,
        IProgress<MergeProgress>? progress, bool isChecked)
    {
        Dictionary<InputModel, ICheckpointReader> readers = plan.Models.ToDictionary(model => model, open);
        IReadOnlyList<Problem> warnings = isChecked ? [] : new InputCheck(plan, model => readers[model], cancellation).Run();
        using RunContext context = new(options, readers, output) { Strategy = plan.Strategy };
        BlockScheduler scheduler = new(options.Threads, options.TensorBytes, cancellation);
        using ProgressTimer timer = new(plan, context, records, progress);
        IReadOnlyDictionary<Statistic, object> modelResults = new ModelStatistics(context, scheduler).Measure(plan.Tensors);
        scheduler.Run([.. Tasks(records, context, modelResults)], task =>
        {
            foreach (TensorRecord record in ((ITensorTask)task).Records)
            {
                note(record);
                lock (records)
                {
                    records[record.Name] = record;
                }
            }

            timer.Report();
        });
        return warnings;
    }

    // What is made in one go is made again as a whole, and so is what is measured together.
    private IEnumerable<ITensorTask> Tasks(Dictionary<string, TensorRecord> records, RunContext context, IReadOnlyDictionary<Statistic, object> modelResults)
    {
        HashSet<MakeTreatment> begun = [];
        ILookup<string?, TensorPlan> measured = plan.Tensors.ToLookup(tensor => tensor.Packed?.MeasuredWith);
        HashSet<string> measuring = [];
        foreach (TensorPlan tensor in plan.Tensors.Where(tensor => !records.ContainsKey(tensor.Output.Name)))
        {
            switch (tensor.Treatment)
            {
                case MakeTreatment make when begun.Add(make):
                    yield return new MakeTask([.. plan.Tensors.Where(other => other.Treatment == make)], make, plan, host, context, cancellation);
                    break;
                case MakeTreatment:
                    break;
                case JoinTreatment join:
                    yield return new JoinTask(tensor, join, context);
                    break;
                case var _ when tensor.Packed?.MeasuredWith is { } key:
                    if (measuring.Add(key))
                    {
                        yield return new MeasuredGroupTask([.. measured[key].Select(member => new TensorTask(member, context, modelResults, cancellation))]);
                    }

                    break;
                default:
                    yield return new TensorTask(tensor, context, modelResults, cancellation);
                    break;
            }
        }
    }

    // A record counts only if the bytes on disk are those it tells of: a crash of the machine can lose bytes that a line outlives.
    private Dictionary<string, TensorRecord> Confirmed(IReadOnlyList<TensorRecord> recorded, ICheckpointWriter writer)
    {
        Dictionary<string, TensorPlan> tensors = plan.Tensors.ToDictionary(tensor => tensor.Output.Name);
        Dictionary<string, TensorRecord> confirmed = [];
        foreach (TensorRecord record in recorded)
        {
            cancellation.ThrowIfCancellationRequested();
            if (tensors.TryGetValue(record.Name, out TensorPlan? tensor) && tensor.Stored.Count == record.Stored.Count
                && tensor.Stored.Zip(record.Stored).All(part => TensorDigest.Of(part.First, writer.Read) == part.Second))
            {
                confirmed[record.Name] = record;
            }
        }

        return confirmed;
    }
}
