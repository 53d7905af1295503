using MergeHost.Architectures;
using MergeHost.Models;
using MergeHost.Options;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Storage.Text;

namespace MergeHost.Planning.Selecting;

/// <summary>Plans what a stage's <c>select:</c> chooses among, and finds what stands in its way.</summary>
internal sealed class SelectionPlanner(RecipeStage stage, PluginSet plugins, PluginHost host, AuxiliaryOpener open, List<Problem> problems)
{
    /// <summary>The stage with the parameters that its policy stands for, as the last that are looked at.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="schema">The strategy's options: a policy's <c>t</c> is for those that have one.</param>
    public static RecipeStage WithPolicy(RecipeStage stage, OptionsSchema schema)
    {
        if (stage.Selection is not { } selection || !selection.Settings.Settings.TryGetValue("policy", out ParameterSetting? setting)
            || !schema.Options.Any(option => option.Name == "t")
            || new SelectionPlan(selection, [], []).OptionsOf("").Policy is not { } policy)
        {
            return stage;
        }

        YamlScalar t = new(OptionInfo.Format(policy.T()), IsPlain: true, setting.Place);
        ParameterSet parameters = new(new Dictionary<string, ParameterSetting> { ["t"] = new(setting.Place, new ScalarSetting(t)) });
        return stage with { Parameters = [.. stage.Parameters, parameters] };
    }

    /// <summary>The scorers with their options; of use only if no error was added.</summary>
    public IReadOnlyList<BoundScorer> BindScorers()
    {
        List<BoundScorer> scorers = [];
        foreach (YamlScalar name in stage.Selection!.Scorers.DistinctBy(name => name.Text))
        {
            if (plugins.TryResolve(ExportKind.Scorer, name.Text, out InstalledExport? installed, out Problem? problem))
            {
                scorers.Add(BoundScorer.Create(installed, host, stage.Selection.Options.GetValueOrDefault(name.Text, []), open, problems));
            }
            else
            {
                problems.Add(problem with { Place = problem.Place ?? name.Place });
            }
        }

        return scorers;
    }

    /// <summary>Plans the selection.</summary>
    /// <param name="scorers">What <see cref="BindScorers"/> gave.</param>
    /// <param name="models">The models by the names that the recipe uses.</param>
    /// <param name="tensors">The tensors as the strategy would make them.</param>
    public SelectionPlan? Plan(IReadOnlyList<BoundScorer> scorers, IReadOnlyDictionary<string, InputModel> models,
        IReadOnlyList<TensorPlan> tensors)
    {
        if (stage.BaseModel is not { } reference)
        {
            problems.Add(new Problem(ErrorCodes.Missing, "'base_model' is missing, by which `select:` scores what changed",
                "Name the model that the other was trained on from.", stage.Selection!.Place));
            return null;
        }

        InputModel @base = models[reference.Name];
        List<InputModel> adapted = [.. models.Values.Distinct().Where(model => model != @base)];
        if (adapted.Count != 1)
        {
            problems.Add(new Problem(ErrorCodes.SourceCount, $"`select:` scores one model against its base, and there are {adapted.Count}",
                "Merge the others in a stage of their own, and name that.", stage.Selection!.Place));
            return null;
        }

        return new SelectionPlan(stage.Selection!, scorers, [.. tensors.Select(plan => Pair(plan, @base, adapted[0])).OfType<ScorePair>()]);
    }

    // A tensor that only one of the models has, or that has another shape in each, is made as the strategy makes it.
    private static ScorePair? Pair(TensorPlan plan, InputModel @base, InputModel adapted)
    {
        InputTensor? before = plan.Inputs.FirstOrDefault(input => input.Model == @base)
            ?? (@base.Find(plan.Output.Name) is { } tensor ? new InputTensor(@base, tensor) : null);
        InputTensor? after = plan.Inputs.FirstOrDefault(input => input.Model == adapted);
        return before is not null && after is not null && before.Tensor.Shape.Equals(after.Tensor.Shape)
            && before.Tensor.Shape.Equals(plan.Output.Shape)
            ? new ScorePair(plan.Output.Name, LayerTensorName.Parse(plan.Output.Name)?.Layer, before, after)
            : null;
    }
}
