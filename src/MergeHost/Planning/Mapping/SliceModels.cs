using MergeHost.Models;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Strategies;

namespace MergeHost.Planning.Mapping;

/// <summary>The models of a slice in their parts: the base, and the sources that are merged into it.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Base">The base, if the strategy uses one and the slice does not take the layers of a single model over as they are.</param>
/// <param name="Sources">The others, in the order of the recipe.</param>
internal sealed record SliceModels(RecipeSlice Slice, SliceModel? Base, IReadOnlyList<SliceModel> Sources)
{
    /// <summary>Whose tensors give the names.</summary>
    public SliceModel Template => Base ?? Sources[0];

    public IEnumerable<SliceModel> All => Base is null ? Sources : Sources.Prepend(Base);

    /// <summary>The same with each model replaced.</summary>
    public SliceModels Select(Func<InputModel, InputModel> replace) => this with
    {
        Base = Base is null ? null : Base with { Model = replace(Base.Model) },
        Sources = [.. Sources.Select(source => source with { Model = replace(source.Model) })],
    };

    /// <summary>
    /// Lists the base in slices that do not, where it can be told which of its layers are meant: all sources give the same ones.
    /// </summary>
    public static RecipeStage WithBases(RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, StrategyDemand strategy,
        List<Problem> problems)
    {
        return strategy.Base == BaseUse.None ? stage : stage with { Slices = [.. stage.Slices.Select(WithBase)] };

        RecipeSlice WithBase(RecipeSlice slice)
        {
            LayerRange? layers = slice.Sources[0].Layers;
            bool isPlain = layers is not null
                && slice.Sources.All(source => source.Layers!.Start == layers.Start && source.Layers.End == layers.End);
            bool isListed = (slice.BaseModel ?? stage.BaseModel) is not { } named
                || slice.Sources.Any(source => models[source.Model.Name] == models[named.Name]);
            if (!isPlain || isListed || IsTakenOver(slice, strategy, isBase: false))
            {
                return slice;
            }

            ModelReference reference = (slice.BaseModel ?? stage.BaseModel)!;
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"base '{reference.Name}' is not among the sources of the slice; layers [{layers!.Start}, {layers.End}] of it are taken, "
                    + "as of the others",
                "List it in the slice with its `layer_range:`.", slice.Place, Severity.Warning));
            return slice with { Sources = [.. slice.Sources, new RecipeSource(reference, layers, ParameterSet.Empty)] };
        }
    }

    /// <summary>Tells base and sources apart, and checks that their number suits the strategy.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="stage">Its stage.</param>
    /// <param name="models">The models by the names that the recipe uses.</param>
    /// <param name="strategy">The strategy's name and what it asks for.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <returns><see langword="null"/> if something is wrong.</returns>
    public static SliceModels? Make(
        RecipeSlice slice, RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, StrategyDemand strategy,
        List<Problem> problems)
    {
        List<SliceModel> sources = [.. slice.Sources.Select(source => new SliceModel(models[source.Model.Name], source))];
        if (sources.GroupBy(source => (source.Source!.Model.Name, source.Source.Layers?.Start))
            .FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"'{twice.First().Source!.Model.Name}' is merged with itself: it is listed twice",
                "List it once; its weight says how much it counts.", twice.Last().Source!.Model.Place));
            return null;
        }

        ModelReference? reference = strategy.Base == BaseUse.None ? null : slice.BaseModel ?? stage.BaseModel;
        SliceModel? @base = null;
        if (reference is not null)
        {
            InputModel model = models[reference.Name];
            List<SliceModel> listed = sources.FindAll(source => source.Model == model);
            if (IsTakenOver(slice, strategy, isBase: listed.Count > 0))
            {
                return new SliceModels(slice, null, sources);
            }

            if (listed.DistinctBy(source => source.Source?.Layers?.Start).Count() > 1)
            {
                problems.Add(new Problem(ErrorCodes.SourceCount, $"base '{reference.Name}' gives two runs of layers to one slice",
                    "List it once.", slice.Place));
                return null;
            }

            @base = listed.FirstOrDefault() ?? new SliceModel(model, null);
            sources = [.. sources.Except(listed)];
            if (sources.Count == 0 && listed.Count > 0 && strategy is { MinSources: 1, MaxSources: int.MaxValue })
            {
                problems.Add(new Problem(ErrorCodes.SourceCount,
                    $"no model is listed besides base '{reference.Name}', so '{strategy.Name}' changes nothing",
                    null, slice.Place, Severity.Warning));
                return new SliceModels(slice, null, listed);
            }

            if (@base.Source is null && slice.Sources[0].Layers is not null)
            {
                problems.Add(new Problem(ErrorCodes.SourceCount,
                    $"base '{reference.Name}' is not among the sources of the slice, so its layers are not known",
                    "List it in the slice with its `layer_range:`.", slice.Place));
                return null;
            }
        }

        if (strategy.Base == BaseUse.Required && @base is null)
        {
            problems.Add(new Problem(ErrorCodes.SourceCount, $"'{strategy.Name}' needs a base, and none is named",
                "Add `base_model:` with the model that the others were made from.", stage.Place));
            return null;
        }

        if (sources.Count < strategy.MinSources || sources.Count > strategy.MaxSources)
        {
            string besides = @base is null ? "" : " besides the base";
            string wanted = strategy.MinSources == strategy.MaxSources ? $"{strategy.MinSources}"
                : strategy.MaxSources == int.MaxValue
                    ? $"at least {strategy.MinSources}"
                    : $"{strategy.MinSources} to {strategy.MaxSources}";
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"'{strategy.Name}' takes {wanted} {Models(wanted)}{besides}, found {sources.Count}",
                null, slice.Place));
            return null;
        }

        return new SliceModels(slice, @base, sources);
    }

    // Between slices that are merged, mergekit lets a slice of one model pass.
    private static bool IsTakenOver(RecipeSlice slice, StrategyDemand strategy, bool isBase) =>
        slice.Sources is [{ Layers: not null }] && strategy.Base == BaseUse.Required && (isBase || strategy.MaxSources == 1);

    private static string Models(string count) => count is "1" or "at least 1" ? "model" : "models";
}

/// <summary>A model in a slice.</summary>
/// <param name="Model">The model.</param>
/// <param name="Source">What the recipe says of it, or <see langword="null"/> for a base that is not listed.</param>
internal sealed record SliceModel(InputModel Model, RecipeSource? Source);

/// <summary>What a strategy asks of the models.</summary>
internal sealed record StrategyDemand(string Name, BaseUse Base, int MinSources, int MaxSources)
{
    /// <summary>The strategy with its plugin, where it is one's.</summary>
    public InstalledExport? Installed { get; init; }
}
