using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Makes one adapter of several: <c>Σ wᵢsᵢBᵢAᵢ</c> as it is, or by TIES, DARE or TSV-M
/// in the space that they span together.</summary>
/// <remarks>
/// Unlike PEFT's <c>add_weighted_adapter</c>, products are merged, never factors: a sum of factors, multiplied, has N² products, of which N
/// are wanted. A sum keeps all factors, so that its rank is that of all together, and is exact; cut to a rank, it is the nearest there is.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2509.17786">Accurate and Efficient Low-Rank Model Merging in Core Space</seealso>
[ModelBuilder("lora")]
public sealed class LoraBuilder : IModelBuilder<LoraMergeOptions>
{
    /// <inheritdoc/>
    public ModelBlueprint Build(BuilderContext context, LoraMergeOptions options)
    {
        if (options.Adapters.Count == 0)
        {
            throw BuildException.Refused("'adapters' lists none", "List adapters, such as `- {model: path/to/adapter, weight: 0.5}`.");
        }

        ICheckpointReader? @base = options.Base is null ? null : context.Models[options.Base];
        CompanionFile? config = @base?.Companions.FirstOrDefault(file => file.Name == "config.json");
        JsonObject? settings = config?.ReadJson();
        PlainLora[] adapters = [.. options.Adapters.Select(adapter => new PlainLora(
            adapter, context.Models[adapter.Model], settings, message => BuildException.Refused(message, PlainLora.Hint, adapter.Place)))];
        AdapterPlan plan = new(context.OutputDType ?? DType.F32) { IsTransposed = adapters[0].IsTransposed };
        CoreRule rule = new(options, context.Seed);
        (string Module, string? Parameter)[] keys = [.. adapters.SelectMany(adapter => adapter.Modules.Keys).Distinct()];
        foreach ((string name, string? parameter) in keys)
        {
            MergedModule module = new(
                [.. adapters.Select((adapter, index) => (Module: adapter.Modules.GetValueOrDefault((name, parameter)), index))
                    .Where(part => part.Module is not null).Select(part => (part.Module!, part.index))],
                options, rule, context)
            {
                Depth = parameter is null ? 0
                    : keys.Count(other => other.Module == name && other.Parameter is not null
                        && TargetedParameters.PlaceOf(other.Parameter) > TargetedParameters.PlaceOf(parameter)),
            };
            module.AddTo(plan);
        }

        MergedWhole whole = new(adapters, options, rule, @base);
        whole.AddTo(plan);
        return new ModelBlueprint
        {
            Tensors = plan.Tensors,
            Companions = [plan.Config(adapters[0].Base, adapters[0].TaskType), .. config is null ? (CompanionFile[])[] : [config]],
            Excused =
            [
                .. adapters.SelectMany(adapter => adapter.Copies).Select(copy => new ExcusedTensor(copy, "copy_of_the_base")),
                .. (@base?.Tensors ?? []).Where(tensor => !whole.Uses(tensor))
                    .Select(tensor => new ExcusedTensor(new BlueprintSource(options.Base!, tensor.Name), "base_of_adapters")),
            ],
            Warnings = [.. adapters.SelectMany(adapter => adapter.Warnings), .. UnlikeBases(adapters)],
        };
    }

    private static IEnumerable<Problem> UnlikeBases(PlainLora[] adapters) =>
        adapters.Where(adapter => adapter.Base != adapters[0].Base).Take(1).Select(other => new Problem(
            ErrorCodes.CheckpointOddity,
            $"'{adapters[0].Merged.Model}' was trained on '{adapters[0].Base}', '{other.Merged.Model}' on '{other.Base}'",
            "See that both hold the same weights.", other.Merged.Place, Severity.Warning));
}
