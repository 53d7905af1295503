using System.Globalization;
using MergeHost.Architectures;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Methods;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Planning.Building;
using MergeHost.Planning.Companions;
using MergeHost.Planning.Mapping;
using MergeHost.Plans;
using MergeHost.Recipes;
using MergeHost.Strategies;

namespace MergeHost.Planning;

/// <summary>Decides, tensor by tensor, what a stage does, and finds everything that stands in its way.</summary>
/// <param name="stage">The stage.</param>
/// <param name="demand">The strategy's name, and what it asks of the models.</param>
/// <param name="strategy">The strategy; <see langword="null"/> where a builder leaves nothing to
/// one, as the <paramref name="binder"/>.</param>
/// <param name="binder">Gives the strategy's options.</param>
/// <param name="models">The models by the names that the recipe uses.</param>
/// <param name="format">The format of the output.</param>
/// <param name="steps">What is done to merged tensors at the end.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class StagePlanner(
    RecipeStage stage,
    StrategyDemand demand,
    IMergeStrategy? strategy,
    ParameterBinder? binder,
    IReadOnlyDictionary<string, InputModel> models,
    BoundFormat format,
    IReadOnlyList<StepPlanner> steps,
    List<Problem> problems)
{
    private readonly Dictionary<string, (Problem Problem, string Tensor, int Count)> _refusals = [];
    private readonly Dictionary<InputModel, HashSet<string>> _takingPart = [];
    private readonly VocabularyPlanner _vocabulary = new(stage, models, problems);

    /// <summary>The sources that are read with a weight other than 0, and for which tensors of
    /// the output, once those are planned.</summary>
    public IReadOnlyDictionary<InputModel, HashSet<string>> TakingPart => _takingPart;

    /// <summary>The tensors of models that are left out because not all models have them, each with the rule that says so.</summary>
    public IReadOnlyDictionary<(InputModel Model, string Tensor), string> LeftOut { get; private set; } =
        new Dictionary<(InputModel, string), string>();

    /// <summary>Plans the tensors of the output.</summary>
    /// <param name="canBind">Whether all parameters can be read; if not, what the strategy says of them is of no use.</param>
    /// <returns>The plans in the order in which the tensors are to be stored; of use only if no error was added.</returns>
    public IReadOnlyList<TensorPlan> Plan(bool canBind) => Plan(Map(), canBind);

    /// <summary>Plans what a builder says.</summary>
    /// <inheritdoc cref="Plan(bool)"/>
    public IReadOnlyList<TensorPlan> Plan(BlueprintMapper mapper, bool canBind)
    {
        IReadOnlyList<TensorMapping> mappings = mapper.Map();
        LeftOut = mapper.LeftOut;
        return Plan(mappings, canBind);
    }

    private IReadOnlyList<TensorMapping> Map()
    {
        List<SliceModels> slices = [.. stage.Slices.Select(WithUnlistedBase)
            .Select(slice => SliceModels.Make(slice, stage, models, demand, problems)).OfType<SliceModels>()];
        if (slices.Count < stage.Slices.Count || slices.Count == 0)
        {
            return [];
        }

        if (demand.Base == BaseUse.Required && slices.TrueForAll(slice => slice.Base is null))
        {
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"no slice lists the base beside another model, so '{demand.Name}' merges nothing: all layers are copied",
                "List both models in the `sources:` of a slice.", stage.MergeMethod.Place, Severity.Warning));
        }

        ModuleMapper mapper = new(stage, slices, stage.BaseModel is { } named ? models[named.Name] : null, demand, problems);
        IReadOnlyList<TensorMapping> mappings = mapper.Map();
        LeftOut = mapper.LeftOut;
        return mappings;
    }

    private List<TensorPlan> Plan(IReadOnlyList<TensorMapping> mappings, bool canBind)
    {
        if (mappings.Count == 0)
        {
            return [];
        }

        int layers = mappings.Max(mapping => mapping.Layer + 1) ?? 0;
        List<TensorPlan> plans = [.. mappings.Select(mapping => PlanTensor(mapping, layers)).OfType<TensorPlan>()
            .Where(plan => !format.Format.LeavesOut(plan.Output))];
        List<TensorPlan> stored = [.. WithStoredTypes(plans)];
        if (ReportPacked(stored))
        {
            return stored;
        }

        ReportMixedTypes(plans);
        ReportBases();
        plans = [.. stored.Select(CheckTypes).OfType<TensorPlan>()];
        if (canBind)
        {
            ReportRefusals();
        }

        _vocabulary.Check();
        ReportWidened(plans);
        ReportUnlikeDensities(plans);
        ReportUnusedFilters(mappings);
        return plans;
    }

    // A base that is not listed is one more model to mergekit, and so a source to a strategy without a base. That of a window or a study
    // gives its configuration and tokenizer alone.
    private RecipeSlice WithUnlistedBase(RecipeSlice slice)
    {
        bool isUnlisted = demand.Base == BaseUse.None && stage.BaseModel is { } reference && slice.Sources[0].Layers is null
            && slice.Window is null && !stage.OffersBase
            && slice.Sources.All(source => models[source.Model.Name] != models[reference.Name]);
        if (!isUnlisted)
        {
            return slice;
        }

        string found = $"base '{stage.BaseModel!.Name}' is not listed, and is one more model to '{demand.Name}'";
        const string hint = "List it under `models:` with its parameters, or leave `base_model:` out.";
        if (demand.MaxSources == slice.Sources.Count)
        {
            problems.Add(new Problem(ErrorCodes.SourceCount, $"{found}, which takes {demand.MaxSources}", "Leave `base_model:` out.",
                stage.BaseModel.Place));
            return slice;
        }

        if (!binder!.HoldsForEveryModel(slice))
        {
            problems.Add(new Problem(ErrorCodes.Missing, $"{found}, for which parameters are missing", hint, stage.BaseModel.Place));
            return slice;
        }

        problems.Add(new Problem(ErrorCodes.SourceCount, $"{found}, which has no base", hint, stage.BaseModel.Place, Severity.Warning));
        return slice with { Sources = [.. slice.Sources, new RecipeSource(stage.BaseModel, null, ParameterSet.Empty)] };
    }

    private TensorPlan? PlanTensor(TensorMapping mapping, int layers)
    {
        if (mapping.Made is { Treatment: { } treatment } made)
        {
            return PlanMade(made, treatment, [.. mapping.Sources.Select(Input)]);
        }

        InputTensor? @base = mapping.Base is null ? null : Input(mapping.Base);
        List<InputTensor> sources = [.. mapping.Sources.Select(Input)];
        TensorInfo template = (@base ?? sources[0]).Tensor;
        if (_vocabulary.ShapeOf(mapping.Name, @base is null ? sources : [@base, .. sources]) is not { } shape)
        {
            return null;
        }

        // Whole numbers and truth values are tables and masks: there is no mean of them.
        bool isNumber = template.DType.Kind is DTypeKind.Float or DTypeKind.Quantized;
        TensorInfo output = new(mapping.Name, isNumber ? stage.OutputDType ?? TypeOf(@base, sources) : template.DType, shape);
        bool lacksBase = demand.Base == BaseUse.Required && @base is null;
        if (!isNumber || lacksBase || mapping.IsKept)
        {
            CheckIntegers(output, @base is null ? sources : [@base, .. sources]);
            return new TensorPlan(output, @base is null ? Treatment.CopySource(0) : Treatment.CopyBase(), @base, sources);
        }

        TensorGroup group = Group(mapping, output, layers, @base, sources);
        if (binder!.LacksAny || Treat(group) is not { } merged)
        {
            return null;
        }

        TensorPlan plan = new(output, merged, @base, sources) { Claims = [.. Claims(group, @base, sources)] };
        if (steps.Count > 0 && @base is not null && merged is not CopyTreatment { Source: null })
        {
            // What is copied is an input as others are, once something is done to it.
            int? copied = (merged as CopyTreatment)?.Source;
            plan = plan with
            {
                Treatment = copied is { } index
                    ? TaskVectorSum.Of([.. sources.Select((_, source) => source == index ? 1.0 : 0.0)])
                    : merged,
                Then = [.. steps.Select(step => PlanStep(step, group, mapping, @base)).OfType<TensorStep>()],
            };
        }

        foreach (InputTensor source in sources.Where((source, index) =>
            plan.Read.Contains(source) && source.Model != @base?.Model && binder.HasWeight(group.Sources[index].Options)))
        {
            _takingPart.TryAdd(source.Model, []);
            _takingPart[source.Model].Add(output.Name);
        }

        return plan;
    }

    private static IEnumerable<AuxiliaryClaim> Claims(TensorGroup group, InputTensor? @base, List<InputTensor> sources) =>
    [
        .. sources.Zip(group.Sources,
            (input, source) => AuxiliaryClaim.Among(source.Options, isPerSource: true)
                .Select(auxiliary => new AuxiliaryClaim(input, auxiliary)))
            .SelectMany(claims => claims),
        .. @base is null
            ? []
            : AuxiliaryClaim.Among(group.Options, isPerSource: false).Select(auxiliary => new AuxiliaryClaim(@base, auxiliary)),
    ];

    private TensorStep? PlanStep(StepPlanner step, TensorGroup group, TensorMapping mapping, InputTensor @base)
    {
        TensorGroup single = step.Group(group, mapping.Slice, mapping.Position);
        if (step.LacksAny)
        {
            return null;
        }

        try
        {
            Treatment treatment = step.Treat(single);
            return IsTooLarge(treatment, step.Step.Installed.Export.Id, group.Output)
                ? null
                : new TensorStep(step.Step, treatment, [.. StepPlanner.Claims(single, @base)]);
        }
        catch (MergeHostException exception)
        {
            AddRefusal(exception.Problems[0], group.Output.Name);
            return null;
        }
    }

    private TensorPlan? PlanMade(BlueprintTensor made, Treatment treatment, List<InputTensor> sources)
    {
        bool isNumber = sources.TrueForAll(source => source.Tensor.DType.Kind is DTypeKind.Float or DTypeKind.Quantized);
        DType type = made.DType ?? (isNumber ? stage.OutputDType ?? Promoted(sources) : sources[0].Tensor.DType);
        if (TreatmentContract.IsBroken(treatment, sources.Count, hasBase: false, out string? breach))
        {
            AddFailure(ErrorCodes.BuilderBroken, $"builder '{stage.Build!.Id}' {breach}", made.Name);
            return null;
        }

        return new TensorPlan(new TensorInfo(made.Name, type, made.Shape), treatment, null, sources);
    }

    // Whether their data is equal is checked before the first is written.
    private void CheckIntegers(TensorInfo output, List<InputTensor> inputs)
    {
        if (!stage.KeepsFirstIntegers && !TensorRoles.IsBuffer(output.Name)
            && inputs.FirstOrDefault(input => input.Tensor.DType != inputs[0].Tensor.DType) is { } other
            && output.DType.Kind is not (DTypeKind.Float or DTypeKind.Quantized))
        {
            AddRefusal(
                new Problem(ErrorCodes.IntegersDiffer,
                    $"'{other.Model.Name}' stores {other.Tensor.DType}, '{inputs[0].Model.Name}' stores {inputs[0].Tensor.DType}",
                    $"Set `integers: first` to keep those of '{inputs[0].Model.Name}'."), output.Name);
        }
    }

    // What the format can store, and what the recipe asks of it, decide.
    private IEnumerable<TensorPlan> WithStoredTypes(List<TensorPlan> plans)
    {
        try
        {
            TensorInfo[] outputs = [.. plans.Select(plan => plan.Output)];
            return plans.Zip(format.ChooseTypes(outputs), (plan, type) => plan with { Output = plan.Output with { DType = type } });
        }
        catch (CheckpointException exception)
        {
            problems.AddRange(exception.Problems.Select(problem => problem with { Place = PlaceOf(problem) }));
            return [];
        }
    }

    // What is wrong is the type's name, or a file that tells how to round to it.
    private TextPlace PlaceOf(Problem problem) =>
        ((problem.Code == ErrorCodes.DTypeUnusable ? stage.OutputType : (format.Files is [{ } file, ..] ? file : null))
            ?? stage.OutputType)?.Place ?? stage.Place;

    // Numbers that only a format has stay what the base's are.
    private static DType TypeOf(InputTensor? @base, List<InputTensor> sources) => @base is null ? Promoted(sources)
        : sources.Prepend(@base).All(input => input.StoredType.Kind == DTypeKind.Float) ? Promoted([@base, .. sources]) : @base.StoredType;

    // No model goes before the others: different types become the one that holds them all, as in PyTorch.
    private static DType Promoted(List<InputTensor> sources)
    {
        List<DType> types = [.. sources.Select(source => source.StoredType).Distinct()];
        return types is [DType only] ? only : types.Contains(DType.F64) ? DType.F64 : DType.F32;
    }

    private TensorGroup Group(TensorMapping mapping, TensorInfo output, int layers, InputTensor? @base, List<InputTensor> sources) => new()
    {
        Output = output,
        Role = TensorRoles.Of(mapping.Name),
        Layer = mapping.Layer,
        LayerCount = layers,
        Base = @base?.Tensor,
        Sources = [.. mapping.Sources.Zip(sources, (part, input) => (input.Tensor, BindSource(mapping, part)))],
        Options = binder!.Bind(mapping.Slice, mapping.Name, mapping.Position),
    };

    private object BindSource(TensorMapping mapping, MappedTensor part) => part.Source is null
        ? binder!.Bind(mapping.Slice, mapping.Name, mapping.Position)
        : binder!.Bind(mapping.Slice, part.Source, part.Name, mapping.Name, mapping.Position);

    private static InputTensor Input(MappedTensor part) => new(part.Model, part.Model.Tensors[part.Name]);

    private Treatment? Treat(TensorGroup group)
    {
        try
        {
            Treatment? treatment = PluginCall.Run(demand.Installed, $"tensor '{group.Output.Name}'", () => strategy!.Merge(group));
            if (IsTooLarge(treatment, demand.Name, group.Output))
            {
                return null;
            }

            string? breach = treatment is JoinTreatment or MakeTreatment ? "asks for what only builders may ask for" : null;
            if (breach is null && !TreatmentContract.IsBroken(treatment, group.Sources.Count, group.Base is not null, out breach))
            {
                return treatment;
            }

            AddFailure(ErrorCodes.StrategyFailed, $"'{demand.Name}' {breach}", group.Output.Name);
        }
        catch (MergeException exception)
        {
            AddRefusal(exception.Problems[0], group.Output.Name);
        }
        catch (MergeHostException exception) when (exception.InnerException is { } thrown && exception.Code == ErrorCodes.StrategyFailed)
        {
            AddFailure(ErrorCodes.StrategyFailed,
                $"{demand.Installed!.Export} of plugin {demand.Installed.Plugin} failed with {PluginMistake.Describe(thrown)}",
                group.Output.Name);
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            AddFailure(ErrorCodes.StrategyFailed, $"'{demand.Name}' failed with {PluginMistake.Describe(exception)}", group.Output.Name);
        }

        return null;
    }

    private bool IsTooLarge(Treatment? treatment, string name, TensorInfo output)
    {
        bool isTooLarge = treatment is WholeTensorTreatment && output.ElementCount > Array.MaxLength;
        if (isTooLarge)
        {
            AddRefusal(new Problem(ErrorCodes.MergeRefused, $"'{name}' works on whole tensors of up to {Array.MaxLength:N0} elements"),
                output.Name);
        }

        return isTooLarge;
    }

    private void AddFailure(ErrorCode code, string message, string tensor) =>
        AddRefusal(new Problem(code, message, "Report it to the author of the plugin."), tensor);

    // The same refusal for a thousand tensors is one problem.
    private void AddRefusal(Problem problem, string tensor)
    {
        (_, string first, int count) = _refusals.GetValueOrDefault(problem.Message, (problem, tensor, 0));
        _refusals[problem.Message] = (problem, first, count + 1);
    }

    private void ReportRefusals()
    {
        foreach ((Problem problem, string tensor, int count) in _refusals.Values)
        {
            string others = count > 1 ? $" and {count - 1} more" : "";
            problems.Add(problem with { Message = $"{problem.Message} (tensor '{tensor}'{others})", Place = stage.MergeMethod.Place });
        }
    }

    private TensorPlan? CheckTypes(TensorPlan plan)
    {
        if ((plan.Copied is not null || plan.Treatment is JoinTreatment) && plan.Read.All(input => input.Tensor.DType == plan.Output.DType))
        {
            return plan;
        }

        InputTensor? unreadable = plan.Read.FirstOrDefault(input => !DTypeConversion.CanDecode(input.Tensor.DType));
        if (unreadable is not null)
        {
            AddRefusal(new Problem(ErrorCodes.DTypeUnusable,
                $"'{unreadable.Model.Name}' stores {unreadable.Tensor.DType}, which cannot be merged"), plan.Output.Name);
            return null;
        }

        if (!DTypeConversion.CanEncode(plan.Output.DType))
        {
            AddRefusal(
                new Problem(ErrorCodes.DTypeUnusable, $"a merge cannot be stored as {plan.Output.DType}", "Set `dtype: bfloat16`."),
                plan.Output.Name);
            return null;
        }

        return plan;
    }

    // What is taken over byte for byte keeps its meaning.
    private bool ReportPacked(List<TensorPlan> plans)
    {
        int before = problems.Count;
        foreach (InputModel model in models.Values.Distinct())
        {
            if (PackedWeights.Find(model) is { } reason
                && plans.Any(plan => plan.Copied?.Tensor.DType != plan.Output.DType && plan.Read.Any(input => input.Model == model)))
            {
                problems.Add(new Problem(ErrorCodes.Quantized, $"'{model.Name}' {reason}; packed numbers mean nothing without their scales",
                    "Merge the unquantised model, and quantise the result.", PlaceOf(model)));
            }
        }

        return problems.Count > before;
    }

    private void ReportBases()
    {
        InputModel[] taking = [.. models.Values.Distinct()];
        foreach (InputModel model in taking.Where(model => taking.Length > 1 && model.Unpacked?.Caution is not null))
        {
            problems.Add(new Problem(ErrorCodes.Quantized, $"'{model.Name}': {model.Unpacked!.Caution}",
                "Merge the unquantised models, and quantise the result.", PlaceOf(model), Severity.Warning));
        }
    }

    // One selection over the model keeps one share of it.
    private void ReportUnlikeDensities(List<TensorPlan> plans)
    {
        foreach (IGrouping<Operand, TopKStatistic> selection in plans.Select(plan => plan.Treatment).OfType<MeasureTreatment>()
            .SelectMany(treatment => treatment.Statistics).OfType<TopKStatistic>()
            .Where(statistic => statistic.Scope == StatisticScope.Model).GroupBy(statistic => statistic.Operand))
        {
            if (selection.Select(statistic => statistic.Density).Distinct().Count() > 1)
            {
                problems.Add(new Problem(ErrorCodes.MergeRefused,
                    $"'{demand.Name}' selects over the whole model, and the share that it keeps differs between tensors",
                    "Give one density for all tensors, or select in each tensor by itself.", stage.MergeMethod.Place));
                return;
            }
        }
    }

    private void ReportMixedTypes(List<TensorPlan> plans)
    {
        if (stage.OutputDType is not null || stage.OutputType is not null)
        {
            return;
        }

        TensorPlan? mixed = plans.Find(plan => plan.Treatment is not MakeTreatment
            && plan.Inputs.Any(input => input.StoredType != plan.Output.DType));
        InputTensor? other = mixed?.Inputs.First(input => input.StoredType != mixed.Output.DType);
        if (mixed is not null && other is not null)
        {
            problems.Add(new Problem(ErrorCodes.CheckpointOddity,
                $"'{other.Model.Name}' stores {other.StoredType}; without `dtype:` the result is stored as {mixed.Output.DType}",
                "Set `dtype:` to choose.", PlaceOf(other.Model), Severity.Warning));
        }
    }

    // Quantised weights have no such type in every format; what they become takes far more room.
    private void ReportWidened(List<TensorPlan> plans)
    {
        TensorPlan[] widened = [.. plans.Where(plan => plan.Output.DType.Kind == DTypeKind.Float
            && plan.Read.Any(input => input.Tensor.DType.Kind == DTypeKind.Quantized))];
        if (widened.Length == 0 || stage.OutputDType is not null || stage.OutputType is not null)
        {
            return;
        }

        DType type = widened[0].Output.DType;
        InputModel model = widened[0].Read.First(input => input.Tensor.DType.Kind == DTypeKind.Quantized).Model;
        long after = plans.Sum(plan => plan.Output.LengthBytes);
        long before = model.Stored.Sum(tensor => tensor.LengthBytes);
        problems.Add(new Problem(ErrorCodes.CheckpointOddity,
            string.Create(CultureInfo.InvariantCulture,
                $"'{model.Name}' is quantised, and the result is stored as {type}: {after:N0} bytes, where '{model.Name}' has {before:N0}"),
            "Set `dtype: bfloat16` in a recipe, or `--type bf16` of convert, for half of that.", PlaceOf(model), Severity.Warning));
    }

    private void ReportUnusedFilters(IReadOnlyList<TensorMapping> mappings)
    {
        List<string> names = [.. mappings.SelectMany(mapping => mapping.Parts.Select(part => part.Name).Append(mapping.Name)).Distinct()];
        IEnumerable<ParameterSet> levels = stage.Slices
            .SelectMany(slice => slice.Sources.Select(source => source.Parameters).Concat(slice.Levels)).Distinct().Concat(stage.Parameters)
            .Append(stage.Selection?.Settings ?? ParameterSet.Empty);
        foreach (ConditionalSetting setting in levels.SelectMany(level => level.Settings.Values).Select(setting => setting.Value)
            .OfType<ConditionalSetting>())
        {
            bool isReached = true;
            foreach (SettingCondition condition in setting.Conditions)
            {
                if (condition.Filter is { } filter && (!isReached || !names.Exists(condition.Matches)))
                {
                    problems.Add(new Problem(
                        ErrorCodes.UnusedFilter,
                        isReached
                            ? $"filter '{filter.Text}' matches no tensor"
                            : $"filter '{filter.Text}' is never reached: a value without a filter stands before it",
                        isReached ? "A filter is a part of a tensor's name, such as `self_attn`." : "Put the value without a filter last.",
                        filter.Place, Severity.Warning));
                }

                isReached &= condition.Filter is not null;
            }
        }
    }

    private TextPlace? PlaceOf(InputModel model) => stage.Models.FirstOrDefault(reference => models[reference.Name] == model)?.Place;
}
