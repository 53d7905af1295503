using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Makes one adapter of several: <c>Σ wᵢsᵢBᵢAᵢ</c> as it is, or by TIES or DARE in the space that they span together.</summary>
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
        PlainLora[] adapters = [.. options.Adapters.Select(adapter => new PlainLora(adapter, context.Models[adapter.Model], settings))];
        AdapterPlan plan = new(context.OutputDType ?? DType.F32) { IsTransposed = adapters[0].IsTransposed };
        CoreRule rule = new(options, context.Seed);
        foreach (string name in adapters.SelectMany(adapter => adapter.Modules.Keys).Distinct())
        {
            Add(plan, name, [.. adapters.Select((adapter, index) => (Module: adapter.Modules.GetValueOrDefault(name), index)).Where(part => part.Module is not null).Select(part => (part.Module!, part.index))], options, rule);
        }

        return new ModelBlueprint
        {
            Tensors = plan.Tensors,
            Companions = [plan.Config(adapters[0].Base, adapters[0].TaskType), .. config is null ? (CompanionFile[])[] : [config]],
            Excused =
            [
                .. adapters.SelectMany(adapter => adapter.Copies).Select(copy => new ExcusedTensor(copy, "copy_of_the_base")),
                .. (@base?.Tensors ?? []).Select(tensor => new ExcusedTensor(new BlueprintSource(options.Base!, tensor.Name), "base_of_adapters")),
            ],
            Warnings = [.. adapters.SelectMany(adapter => adapter.Warnings), .. UnlikeBases(adapters)],
        };
    }

    private static void Add(AdapterPlan plan, string name, IReadOnlyList<(PlainModule Module, int Index)> parts, LoraMergeOptions options, CoreRule rule)
    {
        FactorShape first = parts[0].Module.Shape;
        if (parts.Select(part => part.Module).FirstOrDefault(part => part.Shape with { Rank = first.Rank } != first) is { } other)
        {
            throw BuildException.Refused(
                $"module '{name}' is of [{first.Out}, {first.In}] in '{parts[0].Module.Adapter.Merged.Model}' and of [{other.Shape.Out}, {other.Shape.In}] in '{other.Adapter.Merged.Model}'",
                "Merge adapters of one base.", other.Adapter.Merged.Place);
        }

        int together = parts.Sum(part => part.Module.Shape.Rank);
        bool isWhole = rule.IsSum && !(options.Rank < together);
        int rank = isWhole ? together : Math.Min(options.Rank ?? together, Math.Min(together, Math.Min(first.In, first.Out)));
        (string a, string b) = AdapterPlan.NamesOf(name, first.IsEmbedding);
        BlueprintSource[] sources = [.. parts.SelectMany(part => new[] { part.Module.A, part.Module.B })];

        // Both bases, the factors again in them, and the small matrices.
        long scratchBytes = 4L * sizeof(float) * together * (first.In + first.Out + ((long)together * parts.Count));
        plan.AddModule(name, first with { Rank = rank }, sources, Treatment.Make(made =>
        {
            Factors result;
            Factors[] products = [.. parts.Select(part => part.Module.Read(made))];
            if (isWhole)
            {
                IReadOnlyList<double> factors = rule.Factors([.. parts.Select(part => part.Module.Adapter.Merged.Weight)]);
                result = products.Zip(factors, (product, factor) => product.Times(factor)).Aggregate((sum, product) => sum.Plus(product));
            }
            else
            {
                CoreSpace space = new(products, made.Algebra);
                result = space.Expand(rule.Merge(space.Cores, [.. parts.Select(part => (part.Module.Adapter.Merged, part.Index))], name), rank, out double residual);
                made.Note(b, "rank", rank);
                made.Note(b, "residual", residual);
            }

            result.Right.Elements.Span.CopyTo(made.Result(a));
            result.Left.Elements.Span.CopyTo(made.Result(b));
        }, scratchBytes));
    }

    private static IEnumerable<Problem> UnlikeBases(PlainLora[] adapters) => adapters.Where(adapter => adapter.Base != adapters[0].Base).Take(1).Select(other => new Problem(
        ErrorCodes.CheckpointOddity, $"'{adapters[0].Merged.Model}' was trained on '{adapters[0].Base}', '{other.Merged.Model}' on '{other.Base}'",
        "See that both hold the same weights.", other.Merged.Place, Severity.Warning));
}
