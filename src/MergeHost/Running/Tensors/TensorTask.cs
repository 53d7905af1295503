using MergeHost.Packings;
using MergeHost.Plans;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Statistics;
using MergeHost.Strategies;

namespace MergeHost.Running.Tensors;

/// <summary>The making of one tensor: its passes one after the other, each in blocks.</summary>
/// <remarks>
/// Blocks of a pass run on any threads; <see cref="Advance"/> runs on one, between passes. The scheduler sees to both.
/// </remarks>
internal sealed class TensorTask(TensorPlan plan, RunContext context, IReadOnlyDictionary<Statistic, object> modelResults,
    CancellationToken cancellation)
    : ITensorTask
{
    private TensorData? _data;
    private TensorOutput? _output;
    private Treatment _treatment = plan.Treatment;
    private List<(Measurement Measurement, MeasuredPart Part)> _measurements = [];

    /// <inheritdoc/>
    public IReadOnlyList<TensorRecord> Records =>
        [plan.Packed is null ? new(plan.Output.Name, _output!.Digest, _output.NonFinite, _data!.Digests) : PackedRecord(plan.Packed)];

    public ITensorPhase? Phase { get; private set; }

    /// <inheritdoc/>
    public long NeededBytes => WholeBytes(plan);

    /// <inheritdoc/>
    /// <remarks>To wait until another tensor's memory is free takes less time than to read this one twice.</remarks>
    public bool CanBeginBesideOthers => !IsLookedAtTwice || StagedBytes > context.Arena.Bytes || context.Arena.HasRoomFor(StagedBytes);

    private bool IsLookedAtTwice => plan.Treatment is MeasureTreatment || plan.Packed?.MeasuredWith is not null;

    private long StagedBytes => plan.Read.Sum(input => input.Tensor.DType.LengthBytes(plan.Output.ElementCount));

    /// <summary>Memory for a tensor that must be there as a whole, with its inputs; 0 for others.</summary>
    public static long WholeBytes(TensorPlan plan) =>
        plan.Treatment is WholeTensorTreatment whole
            ? ((plan.Inputs.Count() + 1) * plan.Output.ElementCount * sizeof(float)) + whole.ScratchBytes
            : 0;

    /// <inheritdoc/>
    public void Begin()
    {
        _data = new TensorData(plan, context);
        _output = new TensorOutput(plan.Output, context, plan.Packed is not null) { OnlyMeasures = plan.Packed?.MeasuredWith is not null };
        if (IsLookedAtTwice)
        {
            _data.TryStage(context.Arena);
        }

        Phase = Next();
    }

    /// <inheritdoc/>
    public void Advance(BlockWorker worker)
    {
        if (_measurements.Count == 0)
        {
            Phase = null;
            CheckClaims();
            if (!_output!.OnlyMeasures)
            {
                _data!.Release();
            }

            return;
        }

        foreach ((Measurement measurement, _) in _measurements.Where(pair => !pair.Measurement.IsDone))
        {
            measurement.EndPass(worker);
        }

        Phase = Next();
    }

    /// <summary>Makes the tensor again, and writes it: it was only measured before.</summary>
    public void Repeat()
    {
        _output!.OnlyMeasures = false;
        Phase = Next();
    }

    private void CheckClaims()
    {
        // What is copied, or read in part, says nothing of what was used.
        List<InputTensor> read = [.. plan.Copied is null && plan.Packed is not { Copied.Count: > 0 } ? plan.Read : []];
        foreach (AuxiliaryClaim claim in plan.Claims.Where(claim => claim.Of.Tensor.ElementCount == plan.Output.ElementCount
            && read.Contains(claim.Of)))
        {
            claim.Check(_data!.Digests[read.IndexOf(claim.Of)]);
        }
    }

    private TensorRecord PackedRecord(PackedTensor packed)
    {
        string[] parts = [.. packed.Parts.Select(context.Parts!.Of)];
        string digest = TensorDigest.OfAll(parts);
        return new(plan.Output.Name, digest, 0, packed.Copied.Count > 0 ? [digest] : _data!.Digests, parts);
    }

    private ITensorPhase Next()
    {
        if (plan.Packed is { Copied.Count: > 0 } packed)
        {
            return new PartCopyPhase(packed, context);
        }

        while (_treatment is MeasureTreatment measure)
        {
            if (_measurements.Count == 0)
            {
                _measurements = [.. measure.Statistics.Where(statistic => !modelResults.ContainsKey(statistic)).Select(Begin)];
            }

            if (_measurements.Where(pair => !pair.Measurement.IsDone).ToList() is { Count: > 0 } due)
            {
                return new MeasurePhase(_data!, due);
            }

            Dictionary<Statistic, object> results = _measurements.ToDictionary(pair => pair.Part.Statistic,
                pair => pair.Measurement.ResultFor(pair.Part));
            foreach (Statistic statistic in measure.Statistics.Where(modelResults.ContainsKey))
            {
                results[statistic] = modelResults[statistic];
            }

            Treatment? next = null;
            _data!.Guard(() => next = measure.Then(new Measurements(results)));
            if (next is JoinTreatment or MakeTreatment)
            {
                throw new MergeHostException([new Problem(ErrorCodes.StrategyFailed,
                    $"tensor '{plan.Output.Name}': the strategy asks for what only builders may ask for",
                    "Report it to the author of the plugin.")]);
            }

            if (TreatmentContract.IsBroken(next, plan.Sources.Count, plan.Base is not null, out string? breach))
            {
                throw new MergeHostException([new Problem(ErrorCodes.StrategyFailed,
                    $"tensor '{plan.Output.Name}': the strategy {breach}", "Report it to the author of the plugin.")]);
            }

            if (RowBlocks.AreNeeded(next) && !_data!.HasWholeRows)
            {
                throw new MergeHostException([new Problem(ErrorCodes.StrategyFailed,
                    $"tensor '{plan.Output.Name}': rows or ranks must be among the first that are asked for",
                    "Report it to the author of the plugin.")]);
            }

            _treatment = next;
            _measurements = [];
        }

        return _treatment switch
        {
            CopyTreatment copy => Copy(copy),
            ElementwiseTreatment elementwise => new ElementwisePhase(_data!, elementwise, plan.Output.Name, _output!, context),
            WholeTensorTreatment whole => new WholeTensorPhase(plan, _data!, whole, _output!, context, cancellation),
            _ => throw new InvalidOperationException($"no way to carry out {_treatment.GetType().Name}"),
        };
    }

    // A copy that was planned reads just what it copies; one that was decided on after measuring has all inputs at hand.
    private CopyPhase Copy(CopyTreatment copy)
    {
        InputTensor input = copy.Source is { } source ? plan.Sources[source] : plan.Base!;
        int index = plan.Read.ToList().IndexOf(input);
        return new CopyPhase(_data!, index, input.Tensor.DType, plan.Output.DType, _output!);
    }

    private (Measurement Measurement, MeasuredPart Part) Begin(Statistic statistic)
    {
        if (statistic.Scope == StatisticScope.Model)
        {
            throw new MergeHostException([new Problem(ErrorCodes.StrategyFailed,
                $"tensor '{plan.Output.Name}': a statistic over the model must be among the first that are asked for",
                "Report it to the author of the plugin.")]);
        }

        MeasuredPart part = new(plan.Output.Name, _data!, statistic, 0);
        return (MeasurementFactory.Create([part], context), part);
    }
}
