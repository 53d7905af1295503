using System.Numerics.Tensors;
using System.Text.Json;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Placing;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Biases and whole modules of several adapters: the base's, and the sum of what each adapter made of them.</summary>
/// <param name="adapters">The adapters.</param>
/// <param name="options">What is asked for.</param>
/// <param name="rule">How changes become one.</param>
/// <param name="base">The base, if it is named.</param>
internal sealed class MergedWhole(IReadOnlyList<PlainLora> adapters, LoraMergeOptions options, CoreRule rule, ICheckpointReader? @base)
{
    private const int Run = 1 << 20;

    private readonly HashSet<string> _used = [];

    /// <summary>Whether a tensor of the base is read.</summary>
    public bool Uses(TensorInfo tensor) => _used.Contains(tensor.Name);

    /// <summary>Plans them.</summary>
    /// <exception cref="BuildException">The base is not named or does not have them, or the method cannot merge them.</exception>
    public void AddTo(AdapterPlan plan)
    {
        BaseNames? names = @base is null ? null : new BaseNames(@base.Tensors);
        TiedEnds? ends = @base is null
            ? null
            : new TiedEnds(@base, @base.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson());
        foreach ((string module,
            string parameter) in adapters.SelectMany(adapter => adapter.Whole.Keys).Distinct()
                .OrderByDescending(key => key.Parameter, StringComparer.Ordinal))
        {
            PlainLora[] holders = [.. adapters.Where(adapter => adapter.Whole.ContainsKey((module, parameter)))];
            Add(plan, module, parameter, holders, names, ends);
        }
    }

    private void Add(AdapterPlan plan, string module, string parameter, PlainLora[] holders, BaseNames? names, TiedEnds? ends)
    {
        (MergedAdapter first, TensorInfo tensor) = (holders[0].Merged, holders[0].Whole[(module, parameter)]);
        string name = $"{module}.{parameter}";
        if (rule.SumFactors(holders.Select(holder => holder.Merged.Weight)) is not { } factors)
        {
            throw BuildException.Refused(
                $"{first.Model}: '{name}' is saved whole, and '{JsonNamingPolicy.SnakeCaseLower.ConvertName(options.Method.ToString())}' "
                    + "merges products alone", PlainLora.Hint, first.Place);
        }

        if (parameter == "weight" && adapters.FirstOrDefault(adapter => adapter.Modules.ContainsKey((module, null))) is { } other)
        {
            throw BuildException.Refused($"'{name}' is saved whole in '{first.Model}', and is a product in '{other.Merged.Model}'",
                PlainLora.Hint, other.Merged.Place);
        }

        if (names is null)
        {
            throw BuildException.Refused($"{first.Model}: '{name}' is saved whole: what changed in it can be told with the base alone",
                "Name the base by `base:`.", first.Place);
        }

        TensorInfo before = names.Find(name, out _) ?? (ends!.IsTied && TiedEnds.IsHead(name) ? ends.Embedding : null)
            ?? throw BuildException.Refused(
                $"{first.Model}: '{name}' is saved whole, and the base '{options.Base}' has none, or several that fit",
                "Name the base that the adapters were trained on.", first.Place);
        if (holders.FirstOrDefault(holder => holder.Whole[(module, parameter)].Shape != before.Shape) is { } unlike)
        {
            throw BuildException.Refused(
                $"'{name}' is {unlike.Whole[(module, parameter)].Shape} in '{unlike.Merged.Model}', {before.Shape} in the base "
                    + $"'{options.Base}'",
                "Merge adapters of one base, without new tokens.", unlike.Merged.Place);
        }

        _used.Add(before.Name);
        BlueprintSource[] sources = [new(options.Base!, before.Name),
            .. holders.Select(holder => holder.Source(holder.Whole[(module, parameter)]))];
        plan.AddWhole(module, parameter, tensor.Shape, sources,
            Treatment.Make(made => Make(made, sources, factors), 3L * sizeof(float) * Run, holdsSources: false));
    }

    private static void Make(MadeTensors made, BlueprintSource[] sources, IReadOnlyList<double> factors)
    {
        float[] result = made.Result(made.Outputs[0].Name);
        for (int first = 0; first < result.Length; first += Run)
        {
            Span<float> sum = result.AsSpan(first, Math.Min(Run, result.Length - first));
            float[] before = made.Read(sources[0], first, sum.Length);
            before.CopyTo(sum);
            foreach ((BlueprintSource source, double factor) in sources.Skip(1).Zip(factors))
            {
                float[] change = made.Read(source, first, sum.Length);
                TensorPrimitives.Subtract(change, before, change);
                TensorPrimitives.MultiplyAdd(change, (float)factor, sum, sum);
            }
        }
    }
}
