using MergeHost.Architectures;
using MergeHost.Models;
using MergeHost.Planning.Modules;
using MergeHost.Plans;
using MergeHost.Recipes;

namespace MergeHost.Planning.Accounting;

/// <summary>Finds the tensors of each model that nothing is made from, and the rule that excuses each;
/// one that no rule excuses is an error.</summary>
/// <param name="stage">The stage.</param>
/// <param name="models">The models by the names that the recipe uses.</param>
/// <param name="tensors">The tensors of the output.</param>
/// <param name="leftOut">The tensors that are left out because not all models have them, each with the rule that says so.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class ExcusePlanner(
    RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, IReadOnlyList<TensorPlan> tensors,
    IReadOnlyDictionary<(InputModel Model, string Tensor), string> leftOut, List<Problem> problems)
{
    private readonly ModuleMap _modules = new(stage);

    /// <summary>A constant that models make by themselves, and that another model lacks.</summary>
    public const string Buffer = "buffer";

    /// <summary>A head that is the embedding.</summary>
    public const string TiedHead = "tied_head";

    /// <summary>A layer that is in no slice.</summary>
    public const string OtherLayers = "other_layers";

    /// <summary>A tensor outside the layers of a model that is not in the first slice, or not in the last.</summary>
    public const string OtherSlice = "other_slice";

    /// <summary>A tensor of a base that gives configuration and tokenizer only.</summary>
    public const string ConfigurationOnly = "configuration_only";

    /// <summary>A tensor of a module that the model is not merged in.</summary>
    public const string OtherModule = "other_module";

    /// <summary>The rules by model and tensor.</summary>
    public IReadOnlyDictionary<InputModel, IReadOnlyDictionary<string, string>> Plan()
    {
        ILookup<InputModel, string> used = tensors.SelectMany(plan => plan.Inputs)
            .ToLookup(input => input.Model, input => input.Tensor.Name);
        return models.Values.Distinct()
            .ToDictionary(model => model, model => (IReadOnlyDictionary<string, string>)Excuse(model, [.. used[model]]));
    }

    private Dictionary<string, string> Excuse(InputModel model, HashSet<string> used)
    {
        List<RecipeSlice> slices = [.. stage.Slices.Where(slice => slice.Sources.Any(source => models[source.Model.Name] == model))];
        Dictionary<string, string> rules = [];
        List<string> left = [];
        foreach (string name in model.Stored.Select(tensor => tensor.Name).Where(name => !used.Contains(name)))
        {
            if (Rule(model, name, slices, used.Count > 0) is { } rule)
            {
                rules.Add(name, rule);
            }
            else
            {
                left.Add(name);
            }
        }

        if (left.Count > 0)
        {
            string more = left.Count > 1 ? $" and {left.Count - 1} more" : "";
            problems.Add(new Problem(ErrorCodes.TensorUnaccounted,
                $"'{model.Name}': the merge neither uses tensor '{left[0]}'{more} nor has a rule to leave it out",
                "Report it with the names of the tensors, as `mergehost inspect` lists them.", stage.Place));
        }

        return rules;
    }

    private string? Rule(InputModel model, string name, List<RecipeSlice> slices, bool isUsed)
    {
        if (leftOut.TryGetValue((model, name), out string? rule))
        {
            return rule;
        }

        if (slices.Count == 0 && !isUsed)
        {
            return ConfigurationOnly;
        }

        if (TensorRoles.IsBuffer(name))
        {
            return Buffer;
        }

        if (OutputHead.IsWeight(name) && model.TiesEmbeddings)
        {
            return TiedHead;
        }

        RecipeModule? module = _modules.Of(name);
        List<RecipeSource> sources =
            [.. slices.Where(slice => slice.Module == module || !_modules.Divides).SelectMany(slice => slice.Sources)
                .Where(source => models[source.Model.Name] == model)];
        if (sources.Count == 0)
        {
            return _modules.Divides ? OtherModule : null;
        }

        if (sources[0].Layers is null)
        {
            return null;
        }

        bool isLayer = LayerTensorName.Parse(name) is { } layer && layer.Stack == _modules.Part(model, module).Stacks[0].Prefix;
        return !isLayer ? OtherSlice
            : sources.Exists(source => source.Layers!.Start <= LayerTensorName.Parse(name)!.Value.Layer
                && LayerTensorName.Parse(name)!.Value.Layer < source.Layers.End) ? null
            : OtherLayers;
    }
}
