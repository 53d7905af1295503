using MergeHost.Models.Calls;
using MergeHost.Options;
using MergeHost.Planning.Mapping;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Strategies;

namespace MergeHost.Planning;

/// <summary>Plans a step of <c>then:</c>: a strategy that merges a single model, given what was merged so far in its place.</summary>
internal sealed class StepPlanner
{
    private readonly IMergeStrategy _strategy;
    private readonly ParameterBinder _binder;
    private readonly TextPlace _place;

    private StepPlanner(StageStep step, IMergeStrategy strategy, ParameterBinder binder, TextPlace place) =>
        (Step, _strategy, _binder, _place) = (step, strategy, binder, place);

    /// <summary>The step.</summary>
    public StageStep Step { get; }

    /// <summary>Whether a parameter that must be given was missing.</summary>
    public bool LacksAny => _binder.LacksAny;

    /// <summary>Finds the strategies that a recipe asks for, and checks their parameters.</summary>
    /// <returns>Those that can be used, in order; of use only if no error was added.</returns>
    public static IReadOnlyList<StepPlanner> Bind(RecipeStage stage, StrategyDemand demand, PluginSet plugins, PluginHost host,
        AuxiliaryOpener open, List<Problem> problems)
    {
        List<StepPlanner> steps = [];
        if (stage.Then is [{ } first, ..] && (stage.MergeMethod.Text.Length == 0 || demand.Base == BaseUse.None || stage.BaseModel is null))
        {
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"'then' works on what was added to a base, and '{demand.Name}' adds nothing to "
                    + $"one{(stage.BaseModel is null ? ": none is named" : "")}",
                "Take a strategy that merges into a base, such as `merge_method: task_arithmetic`, and name the base.", first.Id.Place));
            return [];
        }

        foreach (RecipeStep asked in stage.Then)
        {
            if (!plugins.TryResolve(ExportKind.Strategy, asked.Id.Text, out InstalledExport? installed, out Problem? problem))
            {
                problems.Add(problem with { Place = problem.Place ?? asked.Id.Place });
                continue;
            }

            if (!CanStep(installed.Export))
            {
                problems.Add(new Problem(ErrorCodes.SourceCount,
                    $"'{asked.Id.Text}' is no step of 'then': it does not merge a single model into a base",
                    "Steps are " + string.Join(", ", plugins.Exports(ExportKind.Strategy).Where(other => CanStep(other.Export))
                        .Select(other => other.Export.Id).Distinct().Order(StringComparer.Ordinal)) + ".",
                    asked.Id.Place));
                continue;
            }

            IMergeStrategy strategy = host.Create<IMergeStrategy>(installed);
            ParameterBinder binder = new(new OptionsSchema(strategy.OptionsType, installed),
                stage with { Parameters = [asked.Parameters], Slices = [] }, open, problems);
            binder.Check(asked.Id.Text);
            Dictionary<string, string> parameters = asked.Parameters.Settings
                .ToDictionary(setting => setting.Key, setting => setting.Value.Value.ToString()!);
            steps.Add(new StepPlanner(new StageStep(installed, parameters), strategy, binder, asked.Id.Place));
        }

        return steps;
    }

    /// <summary>Whether a strategy can be a step.</summary>
    public static bool CanStep(PluginExport strategy) => strategy.Base != BaseUse.None && strategy.MinSources <= 1;

    /// <summary>The tensors as the step sees them.</summary>
    /// <param name="group">The tensors as the stage's strategy sees them.</param>
    /// <param name="slice">The slice that the tensor belongs to.</param>
    /// <param name="position">Where its layer lies in the slice, in [0, 1].</param>
    public TensorGroup Group(TensorGroup group, RecipeSlice slice, double position)
    {
        object options = _binder.BindAll(slice with { Parameters = ParameterSet.Empty, Module = null }, group.Output.Name, position,
            _place);
        TensorInfo merged = group.Output with { DType = DType.F32 };
        return new TensorGroup
        {
            Output = merged,
            Role = group.Role,
            Layer = group.Layer,
            LayerCount = group.LayerCount,
            Base = group.Base,
            Sources = [(merged, options)],
            Options = options,
        };
    }

    /// <summary>Says what the step does to a tensor.</summary>
    /// <exception cref="MergeHostException">The strategy refuses, or fails.</exception>
    public Treatment Treat(TensorGroup group) => PluginCall.Run(Step.Installed, $"tensor '{group.Output.Name}'", () =>
    {
        Treatment? treatment = _strategy.Merge(group);
        string? breach = treatment is JoinTreatment or MakeTreatment ? "asks for what only builders may ask for"
            : treatment is MeasureTreatment measure && measure.Statistics.Any(statistic => statistic.Scope == StatisticScope.Model)
                ? "asks for a statistic over the model, which no step can have"
                : null;
        return breach is null && !TreatmentContract.IsBroken(treatment, 1, hasBase: true, out breach)
            ? treatment
            : throw PluginMistake.Broken(Step.Installed, breach);
    });

    /// <summary>What auxiliary checkpoints among the step's options say of the base.</summary>
    public static IEnumerable<AuxiliaryClaim> Claims(TensorGroup group, InputTensor @base) =>
        AuxiliaryClaim.Among(group.Options, isPerSource: false).Select(auxiliary => new AuxiliaryClaim(@base, auxiliary));
}
