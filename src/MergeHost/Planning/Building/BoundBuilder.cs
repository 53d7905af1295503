using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Storage.Text;

namespace MergeHost.Planning.Building;

/// <summary>A builder with its options.</summary>
/// <param name="Installed">Where it comes from.</param>
/// <param name="Builder">The builder.</param>
/// <param name="Options">The record of its options.</param>
/// <param name="Models">The models that the options name, each once, in the order of the recipe.</param>
internal sealed record BoundBuilder(InstalledExport Installed, IModelBuilder Builder, object Options, IReadOnlyList<ModelReference> Models)
{
    /// <summary>Creates the builder that a recipe asks for, and reads its options.</summary>
    /// <param name="installed">The builder.</param>
    /// <param name="host">Creates it.</param>
    /// <param name="request">What the recipe says of it.</param>
    /// <param name="problems">Receives what is wrong with its options.</param>
    public static BoundBuilder Create(InstalledExport installed, PluginHost host, BuildRequest request, List<Problem> problems)
    {
        IModelBuilder builder = host.Create<IModelBuilder>(installed);
        List<ModelReference> models = [];
        OptionsReader reader = new(installed.Export.Id, problems, ReadModel);
        object options = reader.Read(new OptionsSchema(builder.OptionsType, installed), request.Settings, request.Place);
        return new BoundBuilder(installed, builder, options, [.. models.DistinctBy(model => model.Name)]);

        string? ReadModel(YamlNode node)
        {
            if (RecipeReader.ReadModel(node, problems) is not { } model)
            {
                return null;
            }

            models.Add(model);
            return model.Name;
        }
    }

    /// <summary>The stage with the models, all of them in one slice: a builder knows no layers.</summary>
    public RecipeStage Over(RecipeStage stage)
    {
        IEnumerable<ModelReference> models = Models.Count > 0 ? Models : new[] { stage.BaseModel }.OfType<ModelReference>();
        RecipeSource[] sources = [.. models.Select(model => new RecipeSource(model, null, ParameterSet.Empty))];
        return stage with { Slices = sources.Length == 0 ? [] : [new RecipeSlice(stage.Build!.Place, sources, null, ParameterSet.Empty)] };
    }

    /// <summary>Lets the builder plan.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="inputs">The models by the names that the recipe uses.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <exception cref="MergeHostException">The builder refuses, fails, or breaks its contract.</exception>
    public ModelBlueprint Build(RecipeStage stage, IReadOnlyDictionary<string, InputModel> inputs, long seed)
    {
        Dictionary<string, ICheckpointReader> models = inputs.ToDictionary(input => input.Key,
            input => input.Value.IsMade
                ? new LentCheckpoint(input.Value.Open())
                : (ICheckpointReader)new UnmadeCheckpoint(input.Value.Stored, input.Value.Companions));
        HashSet<string> unmade = [.. inputs.Where(input => !input.Value.IsMade).Select(input => input.Key)];
        BuilderContext context =
            new(models) { Unmade = unmade, Base = stage.BaseModel?.Name, OutputDType = stage.OutputDType, Seed = seed };
        return PluginCall.Run(Installed, null, () =>
        {
            ModelBlueprint blueprint = Builder.Build(context, Options);
            string? breach = blueprint is null ? "returned nothing" : blueprint.Breaches(models).FirstOrDefault();
            return breach is null ? blueprint! : throw PluginMistake.Broken(Installed, breach);
        });
    }
}
