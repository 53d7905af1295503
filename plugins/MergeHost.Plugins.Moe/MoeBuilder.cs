using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Checking;
using MergeHost.Plugins.Moe.Routing;

namespace MergeHost.Plugins.Moe;

/// <summary>
/// Builds a mixture of experts: everything but the feed-forward networks comes from the base, expert e's network from model e, and routers
/// from prompts. With identical experts, and no shared one, the mixture gives the dense model's logits, whatever the router says.
/// </summary>
/// <remarks>
/// As mergekit-moe, but: the base is run in float32, and padding is never read; shared experts may be any model; tensors of the base that
/// the mixture has no place for are refused; experts are named one by one unless asked otherwise; tokenizer and generation settings are the
/// base's as they are; random routers and noise depend on the seed.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2212.05055">Sparse upcycling</seealso>
[ModelBuilder("moe", RecipeFields = ["experts"])]
public sealed class MoeBuilder : IModelBuilder<MoeOptions>
{
    /// <inheritdoc/>
    public ModelBlueprint Build(BuilderContext context, MoeOptions options)
    {
        if (context.Base is not { } name)
        {
            throw BuildException.Refused("a mixture of experts needs a base, of which attention, norms and embeddings come",
                "Name it by `base_model:`.");
        }

        DenseModel @base = new(name, context.Models[name], null);
        Dictionary<string, DenseModel> models = new() { [name] = @base };
        foreach (ExpertOptions expert in options.Experts.Concat(options.SharedExperts)
            .Where(expert => !models.ContainsKey(expert.SourceModel)))
        {
            models.Add(expert.SourceModel, new DenseModel(expert.SourceModel, context.Models[expert.SourceModel], expert.Place));
        }

        List<Problem> warnings = [.. models.Values.Where(model => model != @base).SelectMany(model => model.CheckAgainst(@base))];
        MixtureFamily family = FamilyChoice.Choose(options, @base.Type);
        new MoeCheck(options, family, @base, warnings).Run();
        foreach (DenseModel model in models.Values)
        {
            model.CheckFeedForward();
        }

        Router router = new(options.GateMode, @base, [.. options.Experts, .. family.GatesShared ? options.SharedExperts : []],
            context.Seed);
        MixtureTensors mixture = new(options, family, @base, models, router, context);
        List<BlueprintTensor> tensors = mixture.Plan();
        HashSet<BlueprintSource> used = [.. tensors.SelectMany(tensor => tensor.Sources)];
        return new ModelBlueprint
        {
            Tensors = tensors,
            Companions = [.. @base.Checkpoint.Companions
                .Select(file => file.Name == "config.json" ? Configured(file, options, family) : file)],
            Excused =
            [
                .. context.Models.SelectMany(model => model.Value.Tensors, (model, tensor) => new BlueprintSource(model.Key, tensor.Name))
                    .Where(source => !used.Contains(source)).Select(source => new ExcusedTensor(source, RuleFor(source.Tensor))),
            ],
            RunsModels = router.RunsBase,
            Check = new IdenticalExperts(@base).Run,
            Warnings = warnings,
        };
    }

    /// <summary>How many experts a token is sent to.</summary>
    internal static int PerToken(MoeOptions options, MixtureFamily family) => options.ExpertsPerToken
        ?? (options.SharedExperts.Count > 0 && !family.GatesShared ? 1 : 2);

    private static CompanionFile Configured(CompanionFile file, MoeOptions options, MixtureFamily family)
    {
        JsonObject config = file.ReadJson();
        config["architectures"] = new JsonArray(family.Architecture);
        config["model_type"] = family.ModelType;
        config.Remove("auto_map");
        family.Configure(config, options.Experts.Count, PerToken(options, family), options.SharedExperts.Count > 0);
        return CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
    }

    private static string RuleFor(string tensor) =>
        MixtureTensors.IsFrequencies(tensor) ? "buffer" : DenseModel.PartOf(tensor) is not null ? "dense_feed_forward" : "from_base";
}
