using MergeHost.Architectures;
using MergeHost.Builders;
using MergeHost.Models;
using MergeHost.Planning.Mapping;
using MergeHost.Recipes;
using MergeHost.Strategies;

namespace MergeHost.Planning.Building;

/// <summary>Turns a blueprint into the mappings that a stage is planned from.</summary>
/// <param name="blueprint">The blueprint.</param>
/// <param name="stage">The stage.</param>
/// <param name="models">The models by the names that the recipe uses.</param>
/// <param name="demand">What the strategy asks of the models, or <see langword="null"/> if the recipe names none.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class BlueprintMapper(
    ModelBlueprint blueprint, RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, StrategyDemand? demand,
    List<Problem> problems)
{
    /// <summary>The tensors that nothing is made from, each with the rule that says so.</summary>
    public IReadOnlyDictionary<(InputModel Model, string Tensor), string> LeftOut => blueprint.Excused
        .GroupBy(excused => (models[excused.Tensor.Model], excused.Tensor.Tensor))
        .ToDictionary(group => group.Key, group => group.First().Rule);

    /// <summary>The mappings in the order of the blueprint.</summary>
    public IReadOnlyList<TensorMapping> Map()
    {
        problems.AddRange(blueprint.Warnings.Select(warning => warning with
        {
            Severity = Severity.Warning,
            Place = warning.Place ?? stage.Build!.Place
        }));
        List<BlueprintTensor> left = [.. blueprint.Tensors.Where(tensor => tensor.Treatment is null)];
        if (left.Count > 0 && demand is null)
        {
            problems.Add(new Problem(ErrorCodes.Missing,
                $"builder '{stage.Build!.Id}' leaves {left.Count} tensors to a strategy, first '{left[0].Name}', and the recipe names none",
                "Name one, such as `merge_method: linear`.", stage.Build.Place));
            return [];
        }

        return [.. blueprint.Tensors.Select(Map)];
    }

    private TensorMapping Map(BlueprintTensor tensor)
    {
        RecipeSlice slice = stage.Slices[0];
        List<MappedTensor> parts = [.. tensor.Sources.Select(source =>
            new MappedTensor(models[source.Model], slice.Sources.FirstOrDefault(listed => listed.Model.Name == source.Model),
                source.Tensor))];
        MappedTensor? @base = tensor.Treatment is null && demand!.Base != BaseUse.None && stage.BaseModel is { } named
            ? parts.Find(part => part.Model == models[named.Name]) : null;
        if (@base is not null)
        {
            parts.Remove(@base);
        }

        if (tensor.Treatment is null && (parts.Count < demand!.MinSources || parts.Count > demand.MaxSources))
        {
            problems.Add(new Problem(ErrorCodes.SourceCount, $"tensor '{tensor.Name}': '{demand.Name}' cannot merge {parts.Count} models",
                "Name another strategy.", stage.MergeMethod.Place));
        }

        return new TensorMapping(tensor.Name, slice, LayerTensorName.Parse(tensor.Name)?.Layer, 0, @base, parts) { Made = tensor };
    }
}
