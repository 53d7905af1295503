using System.Numerics.Tensors;
using MergeHost.Builders;
using MergeHost.Kernels.DTypes;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Running.Tensors;
using MergeHost.Runtimes;
using MergeHost.Strategies;

namespace MergeHost.Running.Building;

/// <summary>Makes tensors in memory by a builder's own work: one block, on one thread.</summary>
/// <param name="plans">All tensors with the treatment.</param>
/// <param name="make">The treatment.</param>
/// <param name="stage">The stage.</param>
/// <param name="host">Creates the runtime.</param>
/// <param name="context">Has the open models.</param>
/// <param name="cancellation">Asks to stop.</param>
internal sealed class MakeTask(
    IReadOnlyList<TensorPlan> plans, MakeTreatment make, StagePlan stage, PluginHost host, RunContext context,
    CancellationToken cancellation)
    : ITensorTask, ITensorPhase
{
    private readonly Dictionary<InputTensor, List<string>> _digests = [];

    // The first that was read and holds NaN or infinities.
    private InputTensor? _nonFinite;

    public ITensorPhase? Phase { get; private set; }

    public long NeededBytes => Needed(plans, make);

    public int BlockCount => 1;

    public IReadOnlyList<TensorRecord> Records { get; private set; } = [];

    /// <summary>Memory that a work takes: its own, its results, and its sources.</summary>
    public static long Needed(IEnumerable<TensorPlan> plans, MakeTreatment make) => make.ScratchBytes + (sizeof(float)
        * (plans.Sum(plan => plan.Output.ElementCount) + (make.HoldsSources
            ? plans.SelectMany(plan => plan.Sources).Distinct().Sum(source => source.Tensor.ElementCount)
            : 0)));

    public void Begin() => Phase = this;

    public void Advance(BlockWorker worker) => Phase = null;

    public void Run(int block, BlockWorker worker)
    {
        MadeTensors made = new([.. plans.Select(plan => plan.Output)], Read, Load)
        {
            Algebra = context.Device.Algebra,
            Device = context.Options.Device,
            Cancellation = cancellation,
        };
        new PluginCall(stage.Builder!, $"tensor '{plans[0].Output.Name}'").Run(() =>
        {
            try
            {
                make.Work(made);
            }
            catch (ArithmeticException exception) when (_nonFinite is { } input)
            {
                throw NonFinite.Error(input.Tensor.Name, input.Model.Name, exception);
            }
        });
        Records = [.. plans.Select(plan => Write(plan, made.Result(plan.Output.Name), worker) with
        {
            Figures = made.Figures(plan.Output.Name)
        })];
    }

    private TensorRecord Write(TensorPlan plan, float[] result, BlockWorker worker)
    {
        TensorOutput output = new(plan.Output, context);
        int length = TensorData.BlockElementsFor(plan, context.Options.BlockElements);
        for (int first = 0; first < result.Length; first += length)
        {
            int count = Math.Min(length, result.Length - first);
            BlockPart whole = new(first, count, 0, count);
            output.Take(whole, result.AsSpan(first, count), worker);
            output.Write(whole, worker);
        }

        // A source that a model was run with, and that was not read by itself, has no digest.
        return new TensorRecord(plan.Output.Name, output.Digest, output.NonFinite,
            [.. plan.Sources.Select(source => _digests.TryGetValue(source, out List<string>? runs)
                ? runs is [string whole] ? whole : TensorDigest.OfAll(runs)
                : "")]);
    }

    private float[] Read(BlueprintSource source, long begin, long count)
    {
        InputTensor input = plans.SelectMany(plan => plan.Sources)
            .FirstOrDefault(input => input.Model == stage.Names.GetValueOrDefault(source.Model) && input.Tensor.Name == source.Tensor)
            ?? throw PluginMistake.Broken(stage.Builder!, $"reads {source}, which is none of the sources");
        (DType type, long elements) = (input.Tensor.DType, input.Tensor.ElementCount);
        count = count < 0 ? elements : count;
        if (begin < 0 || begin + count > elements)
        {
            throw PluginMistake.Broken(stage.Builder!, $"reads {count:N0} elements from {begin:N0} of {source}, which has {elements:N0}");
        }

        // Of blocks only a part may be wanted.
        long first = begin / type.BlockElements * type.BlockElements;
        float[] values = new float[(begin + count - first + type.BlockElements - 1) / type.BlockElements * type.BlockElements];
        TensorDigest digest = new(values.Length);
        byte[] stored = new byte[type.LengthBytes(Math.Min(TensorDigest.UnitElements, values.Length))];
        for (int done = 0, unit = 0; done < values.Length; done += TensorDigest.UnitElements, unit++)
        {
            Span<float> part = values.AsSpan(done, Math.Min(TensorDigest.UnitElements, values.Length - done));
            Span<byte> bytes = stored.AsSpan(0, (int)type.LengthBytes(part.Length));
            context.Readers[input.Model].Read(input.Tensor, first + done, bytes);
            digest.Add(unit, bytes);
            DTypeConversion.ToSingle(type, bytes, part);
            if (!TensorPrimitives.IsFiniteAll<float>(part))
            {
                _nonFinite ??= input;
            }
        }

        if (!_digests.TryGetValue(input, out List<string>? runs))
        {
            _digests.Add(input, runs = []);
        }

        // What is read again is known.
        if (count < elements || runs.Count == 0)
        {
            runs.Add(digest.ToString());
            context.AddProcessed(type.LengthBytes(values.Length));
        }

        return values.Length == count ? values : values[(int)(begin - first)..(int)(begin - first + count)];
    }

    private ILanguageModel Load(string name)
    {
        InstalledExport runtime = stage.Runtime ?? throw PluginMistake.Broken(stage.Builder!, "runs a model, and did not say so");
        InputModel model = stage.Names.GetValueOrDefault(name)
            ?? throw PluginMistake.Broken(stage.Builder!, $"runs '{name}', which is none of the models");
        using LentCheckpoint lent = new(context.Readers[model]);
        return host.Load(runtime, lent, context.Options);
    }
}
