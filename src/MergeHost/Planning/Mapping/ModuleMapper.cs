using MergeHost.Models;
using MergeHost.Planning.Modules;
using MergeHost.Recipes;

namespace MergeHost.Planning.Mapping;

/// <summary>Finds out which tensors the output has, module by module.</summary>
/// <param name="stage">The stage.</param>
/// <param name="slices">The models of each of its slices.</param>
/// <param name="named">The model that the recipe names as base, if it does.</param>
/// <param name="demand">What the strategy asks of the models.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class ModuleMapper(
    RecipeStage stage, IReadOnlyList<SliceModels> slices, InputModel? named, StrategyDemand demand, List<Problem> problems)
{
    private readonly ModuleMap _map = new(stage);
    private readonly LackingTensors _lacking = new(stage.Missing, problems);

    /// <summary>The tensors that are left out because not all models have them, each with the rule that says so.</summary>
    public IReadOnlyDictionary<(InputModel Model, string Tensor), string> LeftOut => _lacking.LeftOut;

    /// <summary>The tensors of the output.</summary>
    public IReadOnlyList<TensorMapping> Map()
    {
        if (!_map.Divides)
        {
            return Map(slices, named);
        }

        if (!HasAllModules())
        {
            return [];
        }

        List<TensorMapping> mappings = [];
        foreach (IGrouping<RecipeModule?, SliceModels> module in slices.GroupBy(slice => slice.Slice.Module))
        {
            List<SliceModels> parts = [.. module.Select(slice => slice.Select(model => _map.Part(model, module.Key)))];
            mappings.AddRange(Map(parts, named is null ? null : _map.Part(named, module.Key)).Select(Whole));
        }

        mappings.AddRange(KeepOthers());
        return mappings;
    }

    private IReadOnlyList<TensorMapping> Map(IReadOnlyList<SliceModels> parts, InputModel? namedPart) =>
        new TensorMapper(parts, namedPart, demand, _lacking, problems).Map();

    private bool HasAllModules()
    {
        bool hasAll = true;
        foreach (SliceModels slice in slices)
        {
            RecipeModule module = slice.Slice.Module!;
            foreach (InputModel model in slice.All.Select(model => model.Model).Distinct()
                .Where(model => _map.Part(model, module).Stored.Count == 0))
            {
                string[] known = [.. ModuleMap.PartsOf(model)];
                problems.Add(new Problem(ErrorCodes.UnknownField, $"'{model.Name}' has no module '{module.Name}'",
                    Suggestion.Hint(module.Name, known,
                        $"it has {string.Join(", ", known)}; other parts go by what the names of their tensors begin with."),
                    module.Place));
                hasAll = false;
            }
        }

        return hasAll;
    }

    private static TensorMapping Whole(TensorMapping mapping) => mapping with
    {
        Base = mapping.Base is { } part ? Whole(part) : null,
        Sources = [.. mapping.Sources.Select(Whole)],
    };

    private static MappedTensor Whole(MappedTensor part) => part with { Model = part.Model.Whole };

    // To write a model without a part of it is nobody's wish.
    private IEnumerable<TensorMapping> KeepOthers()
    {
        InputModel donor = named ?? slices[0].Template.Model;
        List<string> others = [.. donor.Stored.Select(tensor => tensor.Name).Where(name => _map.Of(name) is null)];
        if (others.Count == 0)
        {
            return [];
        }

        string parts = string.Join(", ", others.Select(ModuleNames.Of).Distinct().Select(part => $"'{part}'"));
        problems.Add(named is null
            ? new Problem(ErrorCodes.Missing,
                $"'modules' leaves out {parts} of '{donor.Name}', {others.Count} tensors such as '{others[0]}'",
                $"List it under `modules:`, or name the model that keeps it by `base_model: {donor.Name}`.", _map.Modules[0].Place)
            : new Problem(ErrorCodes.CheckpointOddity,
                $"'modules' leaves out {parts}, whose {others.Count} tensors are kept from base '{donor.Name}'",
                null, _map.Modules[0].Place, Severity.Warning));
        return others.Select(name => new TensorMapping(name, slices[0].Slice, null, 0, null, [new MappedTensor(donor, null, name)])
        {
            IsKept = true
        });
    }
}
