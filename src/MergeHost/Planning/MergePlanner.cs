using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Options;
using MergeHost.Output;
using MergeHost.Packings;
using MergeHost.Planning.Accounting;
using MergeHost.Planning.Alignments;
using MergeHost.Planning.Building;
using MergeHost.Planning.Companions;
using MergeHost.Planning.Mapping;
using MergeHost.Planning.Names;
using MergeHost.Planning.Selecting;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;
using MergeHost.Storage.Folders;
using MergeHost.Storage.Text;
using MergeHost.Strategies;

namespace MergeHost.Planning;

/// <summary>Turns recipes into plans; all that text, plugins and headers can tell is checked here, before any data is read.</summary>
/// <param name="recipe">The recipe.</param>
/// <param name="plugins">What it may use.</param>
/// <param name="host">Creates what it uses.</param>
/// <param name="models">Opens the models.</param>
/// <param name="options">How the output is to be laid out.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class MergePlanner(
    Recipe recipe, PluginSet plugins, PluginHost host, ModelResolver models, MergeOptions options, List<Problem> problems)
{
    private const string DefaultFormat = "safetensors";

    private readonly Dictionary<string, InputModel> _stages = [];
    private readonly HashSet<string> _stagesOfFusedExperts = [];
    private OutputPlace? _place;

    /// <summary>Plans every stage.</summary>
    /// <param name="output">The folder of the output, where results of earlier stages lie until the end; or a file.</param>
    /// <returns>The plan; of use only if no error was added.</returns>
    public MergePlan Plan(string output)
    {
        List<StagePlan> stages = [];
        (OutputPlace place, string? implied) = PlaceOf(output);
        for (int index = 0; index < recipe.Stages.Count; index++)
        {
            // A second stage without a name has been reported, and nothing can read it.
            RecipeStage stage = recipe.Stages[index];
            bool isLast = stage == recipe.Stages[^1];
            _place = isLast ? place : stage.Name is { } name ? place.OfStage(name) : null;
            if (_place is null || PlanStage(stage, stage.OutputFormat?.Text ?? (isLast ? implied : null) ?? DefaultFormat) is not { } plan)
            {
                continue;
            }

            bool isFused = HasFusedExperts(plan);
            if (isFused && isLast && plan is { Packed: null, Builder: null, Stage.OutputNames: null }
                && plan.Format.Export.Id == DefaultFormat)
            {
                // In its place, two stages are planned.
                recipe = recipe with
                {
                    Stages = [.. recipe.Stages.SkipLast(1),
                        .. FusedExperts.Split(stage, new YamlScalar(FusedExperts.Fused, true, stage.Place))]
                };
                index--;
                continue;
            }

            stages.Add(plan);
            if (isFused && stage.Name is not null)
            {
                _stagesOfFusedExperts.Add(stage.Name);
            }

            if (stage.Name is not null && !stage.Name.Contains('\0', StringComparison.Ordinal))
            {
                string path = _place.Path;
                ICheckpointFormat format = host.Create<ICheckpointFormat>(plan.Format);
                InputModel made = InputModel.Make(
                    stage.Name, Path.GetFullPath(path), plan.Layout.Tensors, plan.Layout.Companions, () => models.Keep(format.Open(path)));
                _stages[stage.Name] = made with { IsMade = false };
            }
        }

        problems.AddRange(models.Warnings);
        if (options.Check && Errors == 0 && stages.TrueForAll(stage => stage.Check is null))
        {
            problems.Add(new Problem(ErrorCodes.NotSupported,
                "there is nothing to check: no stage has a builder that can run what it built and tell whether it is right",
                "Leave `--check` out; `mergehost verify OUT` compares an output with its manifest.", recipe.Stages[^1].Place));
        }

        return new MergePlan(recipe, stages, place, [.. problems.Where(problem => problem.Severity == Severity.Warning).Distinct()]);
    }

    // Whether the base has the experts of a layer in one tensor, which they are taken out of to be merged.
    private bool HasFusedExperts(StagePlan plan)
    {
        ModelReference donor = plan.Stage.BaseModel ?? plan.Stage.Slices[0].Sources[0].Model;
        return donor.Apply.All(transform => transform.Id != FusedExperts.Transform)
            && (donor.StageName(_stagesOfFusedExperts.Contains) is not null
                || plan.Names[donor.Name].Exports.Any(export => export.Export.Id == FusedExperts.Transform));
    }

    // A name like a file's also tells the format, where the recipe does not.
    private (OutputPlace Place, string? Format) PlaceOf(string output)
    {
        PluginExport? named = plugins.Exports(ExportKind.Format).Select(format => format.Export)
            .FirstOrDefault(format => OutputPlace.Of(output, format).FileName is not null);
        if (named is not null && recipe.Stages is [.., { OutputFormat: { } format }] && format.Text != named.Id)
        {
            problems.Add(new Problem(
                ErrorCodes.OutputNotFolder, $"{output}: this is how a file of {named} is named, and the output's format is '{format.Text}'",
                "Name a folder.", format.Place));
        }

        return named is null ? (OutputPlace.InFolder(output), null) : (OutputPlace.Of(output, named), named.Id);
    }

    private StagePlan? PlanStage(RecipeStage stage, string formatId)
    {
        InstalledExport? strategy = stage.MergeMethod.Text.Length == 0
            ? null
            : Resolve(ExportKind.Strategy, stage.MergeMethod.Text, stage.MergeMethod.Place);
        InstalledExport? format = Resolve(ExportKind.Format, formatId, stage.OutputFormat?.Place ?? stage.Place);
        BoundBuilder? builder = null;
        if (stage.Build is not null)
        {
            int before = Errors;
            builder = Bind(stage.Build);
            stage = builder?.Over(stage) ?? stage;
            format = Errors > before ? null : format;
        }

        Dictionary<string, InputModel>? inputs = OpenModels(stage);
        if ((strategy is null && builder is null) || format is null || stage.Slices.Count == 0)
        {
            return null;
        }

        try
        {
            return PlanStage(stage, strategy, builder, format, inputs);
        }
        catch (MergeHostException exception)
        {
            problems.AddRange(exception.Problems.Select(problem => problem with { Place = problem.Place ?? stage.Place }));
            return null;
        }
    }

    // Parameters are checked also where a model is not there.
    private StagePlan? PlanStage(
        RecipeStage stage, InstalledExport? strategy, BoundBuilder? builder, InstalledExport format, Dictionary<string, InputModel>? inputs)
    {
        int before = Errors;
        AuxiliaryModels auxiliaries = new(reference => models.Resolve(reference, recipe.Path), problems);
        IMergeStrategy? instance = strategy is null ? null : host.Create<IMergeStrategy>(strategy);
        ParameterBinder? binder = null;
        if (instance is not null)
        {
            OptionsSchema schema = new(instance.OptionsType, strategy);
            stage = SelectionPlanner.WithPolicy(stage, schema);
            binder = new ParameterBinder(schema, stage, auxiliaries.Open, problems);
        }

        bool canBind = binder?.Check(strategy!.Export.Id) ?? true;
        SelectionPlanner? selection = stage.Selection is null
            ? null
            : new SelectionPlanner(stage, plugins, host, auxiliaries.Open, problems);
        IReadOnlyList<BoundScorer> scorers = selection?.BindScorers() ?? [];
        PluginExport maker = (strategy ?? builder!.Installed).Export;
        StrategyDemand demand = new(maker.Id, maker.Base, maker.MinSources, maker.MaxSources) { Installed = strategy };
        IReadOnlyList<StepPlanner> steps = StepPlanner.Bind(stage, demand, plugins, host, auxiliaries.Open, problems);
        if (host.Create<ICheckpointFormat>(format) is not IWritableCheckpointFormat writable)
        {
            problems.Add(ReadOnly(stage, format));
            return null;
        }

        string? namedType = stage.OutputType is null ? NamedType.Of(_place!.FileName, format, writable) : null;
        stage = namedType is null
            ? stage
            : stage with
            {
                OutputOptions = [.. stage.OutputOptions,
                    (new YamlScalar(BoundFormat.Type, true, stage.Place), new YamlScalar(namedType, true, stage.Place))]
            };
        BoundFormat stored = BoundFormat.Create(format, writable, stage.OutputOptions, stage.OutputFormat?.Place ?? stage.Place, problems);
        if (inputs is null)
        {
            return null;
        }

        IReadOnlyList<StageAlignment> alignments =
            new StageAligner(stage, plugins, host, reference => models.Resolve(reference, recipe.Path), models.Keep, problems)
                .Align(inputs);
        ModelBlueprint? blueprint = null;
        if (builder is null)
        {
            stage = SliceModels.WithBases(stage, inputs, demand, problems);
        }
        else
        {
            blueprint = builder.Build(stage, inputs, options.Seed);
        }

        StagePlanner planner = new(stage, demand, instance, binder, inputs, stored, steps, problems);
        IReadOnlyList<TensorPlan> tensors = blueprint is null
            ? planner.Plan(canBind)
                : planner.Plan(new BlueprintMapper(blueprint, stage, inputs, strategy is null ? null : demand, problems), canBind);
        SelectionPlan? selected = selection?.Plan(scorers, inputs, tensors);
        Dictionary<InputModel, HashSet<string>> mustChange = MustChange(stage, planner, inputs);
        if (Errors == before)
        {
            new NoisePlanner(stage, tensors, problems).Check();
        }

        if (Errors > before)
        {
            return null;
        }

        OutputPacking packing = new(stage, [.. inputs.Values], plugins, host, problems);
        packing.Decide(tensors, canPack: builder is null && format.Export.Id == DefaultFormat && stage.Place == recipe.Stages[^1].Place);
        CheckpointLayout layout = new()
        {
            Tensors = [.. tensors.Select(tensor => tensor.Output)],
            Companions = new CompanionPlanner(stage, inputs, tensors, alignments, problems) { KeepsPacking = packing.IsSame }
                .Plan(blueprint),
            ShardSizeBytes = options.ShardSizeBytes,
            FileName = _place!.FileName,
        };
        (InstalledExport Export, PackedCheckpoint Checkpoint)? packed = packing.Plan(tensors, layout);
        if (packed is { Checkpoint: { } checkpoint })
        {
            layout = checkpoint.Layout;
            if (steps.Count > 0)
            {
                problems.Add(new Problem(ErrorCodes.NotSupported, "'then' and packed output exclude each other",
                    "Merge first, and pack the result: `mergehost convert OUT PACKED --packing NAME`.",
                    stage.Then[0].Id.Place));
            }

            tensors = [.. tensors.Select(tensor => checkpoint.Tensors.TryGetValue(tensor.Output.Name, out PackedTensor? stored)
                ? tensor with { Output = stored.Plain, Packed = stored }
                : tensor)];
        }

        writable.Check(_place!.Path, layout);
        IReadOnlyDictionary<InputModel, IReadOnlyDictionary<string, string>> excused =
            new ExcusePlanner(stage, inputs, tensors, planner.LeftOut, problems).Plan();
        if (Errors > before)
        {
            return null;
        }

        return new StagePlan
        {
            Stage = stage,
            Strategy = strategy ?? builder!.Installed,
            Builder = builder?.Installed,
            Runtime = blueprint is { RunsModels: true } ? FindRuntime(stage.Build!) : null,
            Check = options.Check && blueprint?.Check is { } check && FindRuntime(stage.Build!) is { } runtime
                ? new StageCheck(check, runtime)
                : null,
            Format = format,
            FormatFiles = [.. stored.Files.Select(file => file.Text)],
            NamedType = namedType,
            Packing = packed?.Export,
            Packed = packed?.Checkpoint,
            Then = [.. steps.Select(step => step.Step)],
            Selection = selected,
            Alignments = alignments,
            Models = [.. inputs.Values.Distinct()],
            Auxiliaries = auxiliaries.Opened,
            Names = inputs,
            Tensors = tensors,
            MustChange = mustChange,
            Unchanged = binder?.WeighsSources == false ? Severity.Warning : Severity.Error,
            Excused = excused,
            Layout = layout,
        };
    }

    private BoundBuilder? Bind(BuildRequest request) =>
        Resolve(ExportKind.Builder, request.Id, request.Place) is { } installed
            ? BoundBuilder.Create(installed, host, request, problems)
            : null;

    private InstalledExport? FindRuntime(BuildRequest request)
    {
        if (plugins.Exports(ExportKind.Runtime) is [{ } first, ..])
        {
            return Resolve(ExportKind.Runtime, first.Export.Id, request.Place);
        }

        problems.Add(new Problem(ErrorCodes.PluginVersion, $"builder '{request.Id}' runs models, and no plugin with a runtime is installed",
            "`mergehost plugins list` shows all.", request.Place));
        return null;
    }

    private Problem ReadOnly(RecipeStage stage, InstalledExport format)
    {
        IEnumerable<string> writable = plugins.Exports(ExportKind.Format)
            .Where(other => host.Create<ICheckpointFormat>(other) is IWritableCheckpointFormat).Select(other => $"`{other.Export.Id}`");
        return new Problem(ErrorCodes.NotSupported, $"format '{format.Export.Id}' is read only, no checkpoint can be written in it",
            $"Name another format: {string.Join(", ", writable)}.", stage.OutputFormat?.Place ?? stage.Place);
    }

    private Dictionary<InputModel, HashSet<string>> MustChange(RecipeStage stage, StagePlanner planner,
        Dictionary<string, InputModel> inputs)
    {
        Dictionary<InputModel, HashSet<string>> models = new(planner.TakingPart);
        foreach (YamlScalar name in stage.AllowUnchanged)
        {
            if (inputs.TryGetValue(name.Text, out InputModel? model))
            {
                models.Remove(model);
                continue;
            }

            problems.Add(new Problem(ErrorCodes.ModelNotFound,
                $"'allow_unchanged' names '{name.Text}', which is none of the models of this merge",
                Suggestion.Hint(name.Text, inputs.Keys, $"Name one of {string.Join(", ", inputs.Keys)}."), name.Place));
        }

        foreach ((ModelReference reference, InputModel twin, InputModel first) in stage.BaseModel is null ? Twins(stage, inputs) : [])
        {
            problems.Add(new Problem(ErrorCodes.ModelUnchanged,
                $"'{twin.Name}' has the weights of '{first.Name}', by their digests: they count twice",
                $"Leave '{twin.Name}' out.", reference.Place, Severity.Warning));
            models.Remove(twin);
        }

        return models;
    }

    // A repository under its old name and its new one: a store tells it before anything is read.
    private static IEnumerable<(ModelReference Reference, InputModel Twin, InputModel First)> Twins(RecipeStage stage,
        Dictionary<string, InputModel> inputs)
    {
        Dictionary<string, InputModel> seen = [];
        foreach (ModelReference reference in stage.Models)
        {
            InputModel model = inputs[reference.Name];
            InputFile[] weights = [.. model.Files.Where(file => file.Store is not null && model.WeightFiles.Contains(file.Path))];
            string digests = string.Join('\n', weights.Select(file => file.Identity).Prepend(model.Identity));
            if (weights.Length > 0 && weights.Length == model.WeightFiles.Count && !seen.TryAdd(digests, model) && seen[digests] != model)
            {
                yield return (reference, model, seen[digests]);
            }
        }
    }

    private int Errors => problems.Count(problem => problem.Severity == Severity.Error);

    private InstalledExport? Resolve(ExportKind kind, string id, TextPlace place)
    {
        if (plugins.TryResolve(kind, id, out InstalledExport? installed, out Problem? problem))
        {
            return installed;
        }

        problems.Add(problem with { Place = problem.Place ?? place });
        return null;
    }

    private Dictionary<string, InputModel>? OpenModels(RecipeStage stage)
    {
        Dictionary<string, InputModel> opened = [];
        HashSet<ModelReference> unopened = Unopened(stage);
        bool isWhole = unopened.Count == 0;
        foreach (ModelReference reference in stage.Models.Where(reference => !unopened.Contains(reference)))
        {
            try
            {
                InputModel model = reference.StageName(_stages.ContainsKey) is { } made
                    ? models.Derive(_stages[made], reference, recipe.Path)
                    : models.Resolve(reference, recipe.Path);
                opened.Add(reference.Name, model);
                if (stage.Build is null && AdapterNames.Find(model) is (string kind, string tensor))
                {
                    problems.Add(new Problem(ErrorCodes.NotSupported,
                        $"'{model.Name}' is an adapter ({kind}) and no whole model, by its tensor '{tensor}'",
                        $"Name the model that it was trained on before it: `BASE+{model.Name}`.", reference.Place));
                    isWhole = false;
                }
            }
            catch (MergeHostException exception)
            {
                // A stage that failed has been reported; that it is not there need not be.
                bool isFailed = reference.StageName(name => recipe.Stages.Any(other => other.Name == name)) is { } stageName
                    && !_stages.ContainsKey(stageName);
                problems.AddRange(isFailed
                    ? []
                    : exception.Problems.Select(problem => problem with { Place = problem.Place ?? reference.Place }));
                isWhole = false;
            }
        }

        return isWhole ? opened : null;
    }

    // All models are looked for before any is opened: while one is missing, stores are asked for nothing more.
    private HashSet<ModelReference> Unopened(RecipeStage stage)
    {
        ModelReference[] references = [.. stage.Models.Where(reference =>
            reference.StageName(name => recipe.Stages.Any(other => other.Name == name)) is null)];
        IReadOnlyList<(FoundFiles? Found, MergeHostException? Failure)> looked = models.Find(references, recipe.Path);
        foreach ((ModelReference reference,
            MergeHostException? failure) in references.Zip(looked, (reference, look) => (reference, look.Failure)))
        {
            problems.AddRange(failure?.Problems.Select(problem => problem with { Place = problem.Place ?? reference.Place }) ?? []);
        }

        if (looked.All(look => look.Failure is null))
        {
            models.OpenAhead(looked.Select(look => look.Found!));
            return [];
        }

        return [.. references.Zip(looked).Where(pair => pair.Second.Found?.Store is not null || pair.Second.Failure is not null)
            .Select(pair => pair.First)];
    }
}
