using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Plugins.Metadata;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Tensors;
using MergeHost.Strategies;

namespace MergeHost.Running;

/// <summary>The making of one tensor that has steps after its merge: what is made lies in memory, in float32, until
/// the last step rounds and writes it.</summary>
internal sealed class SteppedTask : ITensorTask
{
    private readonly TensorPlan _plan;
    private readonly RunContext _context;
    private readonly IReadOnlyDictionary<Statistic, object> _modelResults;
    private readonly CancellationToken _cancellation;
    private readonly TensorInfo _made;
    private TensorTask _task;
    private MemoryCheckpoint? _earlier;
    private MemoryCheckpoint? _memory;
    private IReadOnlyList<string> _inputs = [];
    private int _step;

    public SteppedTask(TensorPlan plan, RunContext context, IReadOnlyDictionary<Statistic, object> modelResults,
        CancellationToken cancellation)
    {
        (_plan, _context, _modelResults, _cancellation) = (plan, context, modelResults, cancellation);
        _made = plan.Output with { DType = DType.F32 };
        _task = null!;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorRecord> Records => [_task.Records[0] with { Inputs = _inputs }];

    /// <inheritdoc/>
    public ITensorPhase? Phase => _task.Phase;

    /// <inheritdoc/>
    public long NeededBytes => Needed(_plan);

    /// <summary>Memory for what is made, twice, and for what any of the steps takes; for a tensor without steps, what that takes.</summary>
    public static long Needed(TensorPlan plan) =>
        plan.Then.Count == 0 ? TensorTask.WholeBytes(plan) : (2 * sizeof(float) * plan.Output.ElementCount)
            + plan.Then.Select(step => StepOf(plan, step, plan.Output)).Prepend(plan with { Then = [] }).Max(TensorTask.WholeBytes);

    /// <inheritdoc/>
    public void Begin()
    {
        _memory = Memory();
        Start(_plan with { Output = _made, Then = [] }, new StageOutput(_memory, null), null, null);
    }

    /// <inheritdoc/>
    public void Advance(BlockWorker worker)
    {
        _task.Advance(worker);
        while (_task.Phase is null && _step < _plan.Then.Count)
        {
            Next(_plan.Then[_step++]);
        }

        if (_task.Phase is null)
        {
            Free();
            _context.AddProcessed(_plan.ReadBytes + _plan.Output.LengthBytes);
        }
    }

    /// <summary>Frees the memory, also of a tensor that was not made to its end.</summary>
    public void Free()
    {
        _earlier?.Dispose();
        _memory?.Dispose();
    }

    private void Next(TensorStep step)
    {
        _inputs = _inputs.Count == 0 ? _task.Records[0].Inputs : _inputs;
        _earlier?.Dispose();
        _earlier = _memory!;
        bool isLast = _step == _plan.Then.Count;
        _memory = isLast ? null : Memory();
        TensorPlan plan = StepOf(_plan, step, isLast ? _plan.Output : _made);
        Start(plan, _memory is null ? _context.Output : new StageOutput(_memory, null), (plan.Sources[0].Model, _earlier),
            step.Step.Installed);
    }

    private void Start(TensorPlan plan, StageOutput output, (InputModel Model, ICheckpointReader Reader)? made, InstalledExport? strategy)
    {
#pragma warning disable CA2000 // All that it has is the stage's, which disposes it.
        _task = new TensorTask(plan, _context.Within(output, made, strategy), _modelResults, _cancellation);
#pragma warning restore CA2000
        _task.Begin();
    }

    private MemoryCheckpoint Memory() => new(new CheckpointLayout { Tensors = [_made] });

    private static TensorPlan StepOf(TensorPlan plan, TensorStep step, TensorInfo output)
    {
        TensorInfo made = plan.Output with { DType = DType.F32 };
        InputModel model = InputModel.Make("merged", "", [made], [], () => throw new InvalidOperationException("it lies in memory"));
        return new TensorPlan(output, step.Treatment, plan.Base, [new InputTensor(model, made)]) { Claims = step.Claims };
    }
}
