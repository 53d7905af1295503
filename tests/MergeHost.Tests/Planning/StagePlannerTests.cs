using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Options;
using MergeHost.Planning;
using MergeHost.Planning.Mapping;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class StagePlannerTests : IDisposable
{
    private const string Positions = "model.embeddings.positions";

    private readonly RecipeFolder _folder =
        new RecipeFolder().Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2));

    [Theory]
    [InlineData("", "BF16")]
    [InlineData("dtype: float32", "F32")]
    [InlineData("dtype: float32\nout_dtype: float16", "F16")]
    [InlineData("out_dtype: float64", "F64")]
    public void Plan_OfTheOutputsType_IsWhatTheRecipeSaysOrWhatTheFirstModelHas(string setting, string type) =>
        Assert.All(Plan(RecipeFolder.Linear("a", "b") + setting).Tensors, tensor => Assert.Equal(type, tensor.Output.DType.Name));

    [Fact]
    public void Plan_ByAnOptionThatTheFormatDoesNotHave_SaysWhichItHas()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a", "b") + "out_imatrix: a.imatrix\n");
        Assert.Equal((ErrorCodes.UnknownParameter, "'safetensors' has no option 'imatrix'"), (problem.Code, problem.Message));
        Assert.Contains("type", problem.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("output: {safetensors: {type: f16}}", "F16")]
    [InlineData("output: {safetensors: }\nout_type: f16", "F16")]
    [InlineData("out_format: safetensors\noutput: {packing: none, safetensors: {type: }}", "BF16")]
    public void Plan_OfAFormatWithOptions_StoresByThem(string setting, string type) =>
        Assert.All(Plan(RecipeFolder.Linear("a", "b") + setting).Tensors, tensor => Assert.Equal(type, tensor.Output.DType.Name));

    [Theory]
    [InlineData("output: {gguf: {}, safetensors: {}}", "MH1009", "the output's format is 'gguf' and 'safetensors'")]
    [InlineData("out_format: gguf\noutput: {safetensors: {}}", "MH1009", "the output's format is 'safetensors' and 'gguf'")]
    [InlineData("out_type: f16\noutput: {safetensors: {type: f16}}", "MH1009", "'out_type' is short for option 'type' of the format")]
    [InlineData("output: {safetensor: {}}", null, "'safetensor'")]
    [InlineData("output: {packng: none}", "MH1003", "output have no field 'packng'")]
    [InlineData("output: {gguf: {typ: q8_0}}", "MH1008", "'gguf' has no option 'typ'")]
    [InlineData("output: {gguf: {type: [q8_0]}}", "MH1005", "type is a list; it must be a single value")]
    [InlineData("output: {gguf: {imatrix: gone.dat}}", "MH2001", "gone.dat")]
    public void Plan_OfAFormatThatIsWrong_SaysWhere(string setting, string? code, string message)
    {
        Problem problem = Assert.Single(_folder.Errors(RecipeFolder.Linear("a", "b") + setting),
            problem => problem.Message.Contains(message, StringComparison.Ordinal));
        Assert.Equal(code ?? problem.Code.Id, problem.Code.Id);
        Assert.NotNull(problem.Place);
    }

    [Fact]
    public void Plan_OfWholeNumbers_CopiesThoseOfTheBaseOrOfTheFirstModelInTheirType()
    {
        TensorInfo positions = new(Positions, DType.I64, [2]);
        _folder.Add("c", TinyCheckpoint.Llama().Add(positions, new byte[16]))
            .Add("d", TinyCheckpoint.Llama(seed: 2).Add(positions, new byte[16]));
        TensorPlan tensor = Plan(RecipeFolder.Linear("c", "d") + "dtype: float32").Tensors
            .Single(tensor => tensor.Output.Name == Positions);
        Assert.Equal((DType.I64, "c"), (tensor.Output.DType, tensor.Copied!.Model.Name));
        tensor = Plan(RecipeFolder.TaskArithmetic("d", "c")).Tensors.Single(tensor => tensor.Output.Name == Positions);
        Assert.Equal((DType.I64, "d"), (tensor.Output.DType, tensor.Copied!.Model.Name));
    }

    [Fact]
    public void Plan_OfWholeNumbersInOneModelAndFractionsInAnother_CannotMergeThem()
    {
        _folder.Add("c", TinyCheckpoint.Llama().Add(new TensorInfo("model.norm.weight", DType.I32, [4]), new byte[16]));
        Problem problem = _folder.Error(RecipeFolder.Linear("a", "c"));
        Assert.Equal(ErrorCodes.DTypeUnusable, problem.Code);
        Assert.Equal("'c' stores I32, which cannot be merged (tensor 'model.norm.weight')", problem.Message);
        Assert.Equal(1, problem.Place!.Line);
    }

    // A type that cannot be written can be copied.
    [Fact]
    public void Plan_OfATypeThatCannotBeWritten_AsksForOneThatCanUnlessTheTensorIsCopied()
    {
        TensorInfo eight = new("model.norm.weight", DType.F8_E4M3, [4]);
        _folder.Add("c", TinyCheckpoint.Llama().Add(eight, new byte[4])).Add("d", TinyCheckpoint.Llama().Add(eight, new byte[4]));
        Problem problem = _folder.Error(RecipeFolder.Linear("c", "d"));
        Assert.Equal(
            (ErrorCodes.DTypeUnusable, "a merge cannot be stored as F8_E4M3 (tensor 'model.norm.weight')"),
            (problem.Code, problem.Message));
        Assert.Contains("`dtype: bfloat16`", problem.Hint, StringComparison.Ordinal);
        Assert.NotNull(Plan("{merge_method: passthrough, models: [{model: c}]}"));
        StagePlan stored = Plan(RecipeFolder.Linear("c", "d") + "dtype: bfloat16");
        Assert.All(stored.Tensors, tensor => Assert.Equal(DType.BF16, tensor.Output.DType));
    }

    [Fact]
    public void Plan_OfWholeNumbersOfUnlikeTypes_AsksForARule()
    {
        _folder.Add("c", TinyCheckpoint.Llama().Add(new TensorInfo(Positions, DType.I64, [2]), new byte[16]))
            .Add("d", TinyCheckpoint.Llama(seed: 2).Add(new TensorInfo(Positions, DType.I32, [2]), new byte[8]));
        Problem problem = _folder.Error(RecipeFolder.Linear("c", "d"));
        Assert.Equal((ErrorCodes.IntegersDiffer, $"'d' stores I32, 'c' stores I64 (tensor '{Positions}')"),
            (problem.Code, problem.Message));
        Assert.NotNull(Plan(RecipeFolder.Linear("c", "d") + "integers: first\n"));
    }

    [Fact]
    public void Plan_OfModelsOfUnlikeTypes_WarnsWhichOneTheResultGets()
    {
        _folder.Add("wide", TinyCheckpoint.Llama(type: DType.F32));
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.Linear("a", "wide")).Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Equal("'a' stores BF16; without `dtype:` the result is stored as F32", warning.Message);
        Assert.Empty(_folder.Plan(RecipeFolder.Linear("a", "wide") + "dtype: float32").Warnings);
    }

    [Fact]
    public void Plan_OfAFilterThatMatchesNothing_WarnsWhereItStands()
    {
        Problem warning = Assert.Single(_folder.Plan("""
            merge_method: linear
            models: [{model: a}, {model: b}]
            parameters:
              weight: [{filter: self_atn, value: 1}, {filter: mlp, value: 2}, {filter: '*', value: 3}]
            """).Warnings);
        Assert.Equal(
            (ErrorCodes.UnusedFilter, Severity.Warning, "filter 'self_atn' matches no tensor"),
            (warning.Code, warning.Severity, warning.Message));
        Assert.Equal((4, 21), (warning.Place!.Line, warning.Place.Column));
    }

    [Fact]
    public void Plan_OfAFilterAfterAValueForAllTensors_WarnsThatItIsNeverReached()
    {
        Problem warning = Assert.Single(_folder.Plan(
            "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
                + "parameters:\n  weight: [{value: 1}, {filter: mlp, value: 2}]\n").Warnings);
        Assert.Equal((ErrorCodes.UnusedFilter, "filter 'mlp' is never reached: a value without a filter stands before it"),
            (warning.Code, warning.Message));
    }

    // mergekit lets a slice of one model pass between others; where there are no others, the method does nothing.
    [Fact]
    public void Plan_OfSlicesThatListOneModelEach_WarnsThatNothingIsMerged()
    {
        Problem warning = Assert.Single(_folder.Plan(
            "merge_method: slerp\nbase_model: b\nslices: [{sources: [{model: a, layer_range: [0, 2]}]}]\nparameters: {t: 0.5}\n").Warnings);
        Assert.Equal((ErrorCodes.SourceCount, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains("'slerp' merges nothing", warning.Message, StringComparison.Ordinal);
    }

    // With slices, the names of the inputs differ from those of the output; a filter on either is used.
    [Fact]
    public void Plan_OfAFilterOnAnInputsName_DoesNotWarn() => Assert.Empty(_folder.Plan("""
        merge_method: linear
        slices: [{sources: [{model: a, layer_range: [1, 2], parameters: {weight: [{filter: layers.1., value: 2}, {value: 1}]}}]}]
        """).Warnings);

    [Fact]
    public void Plan_OfATensor_TellsTheStrategyWhatItDoesAndWhere()
    {
        List<TensorGroup> groups = [];
        Plan(group =>
        {
            groups.Add(group);
            return Treatment.CopySource(0);
        });
        TensorGroup up = groups.Single(group => group.Output.Name == "model.layers.1.mlp.up_proj.weight");
        Assert.Equal((TensorRole.Up, 1, 2), (up.Role, up.Layer, up.LayerCount));
        TensorGroup head = groups.Single(group => group.Output.Name == "lm_head.weight");
        Assert.Equal((TensorRole.Head, null, 2), (head.Role, head.Layer, head.LayerCount));
        Assert.Equal(13, groups.Count);
        Assert.All(groups, group => Assert.Equal(2, group.Sources.Count));
    }

    [Fact]
    public void Plan_WhenAStrategyRefusesManyTensors_IsOneProblemThatNamesTheFirst()
    {
        Problem problem = _folder.Error("""
            merge_method: linear
            models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: -1}}]
            """);
        Assert.Equal(ErrorCodes.MergeRefused, problem.Code);
        Assert.EndsWith("(tensor 'model.embed_tokens.weight' and 12 more)", problem.Message, StringComparison.Ordinal);
        Assert.Contains("`normalize: false`", problem.Hint, StringComparison.Ordinal);
        Assert.Equal((1, 15), (problem.Place!.Line, problem.Place.Column));
    }

    [Fact]
    public void Plan_WhenAStrategyFails_NamesItAndTheReason()
    {
        Problem problem = Assert.Single(Plan(_ => throw new InvalidOperationException("out of luck")));
        Assert.Equal(ErrorCodes.StrategyFailed, problem.Code);
        Assert.StartsWith(
            "'fake' failed with InvalidOperationException: out of luck (tensor 'model.embed_tokens.weight' and ", problem.Message,
            StringComparison.Ordinal);
    }

    // A tensor without a treatment would be missing from the output.
    [Fact]
    public void Plan_WhenAStrategyReturnsNothing_SaysSo()
    {
        Problem problem = Assert.Single(Plan(_ => null!));
        Assert.Equal(ErrorCodes.StrategyFailed, problem.Code);
        Assert.StartsWith("'fake' returned no treatment (", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WhenAStrategyCopiesWhatIsNotThere_SaysSo() =>
        Assert.StartsWith(
            "'fake' copies source 7 of 2 (", Assert.Single(Plan(_ => Treatment.CopySource(7))).Message, StringComparison.Ordinal);

    [Fact]
    public void Plan_WhenWeightsAreMissing_SaysThatAlone()
    {
        IReadOnlyList<Problem> problems = _folder.Errors("merge_method: linear\nmodels: [{model: a}, {model: b}]");
        Assert.Equal([ErrorCodes.Missing, ErrorCodes.Missing], problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Plan_OfASelectionOverTheModelWithUnlikeDensities_IsRefused()
    {
        const string recipe =
            "merge_method: ties\nbase_model: a\nmodels: [{model: b, parameters: {weight: 1, density: [0.2, 0.5]}}]\nparameters: "
                + "{trim_scope: SCOPE}";
        Problem problem = _folder.Error(recipe.Replace("SCOPE", "model", StringComparison.Ordinal));
        Assert.Equal(ErrorCodes.MergeRefused, problem.Code);
        Assert.StartsWith("'ties' selects over the whole model", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(Plan(recipe.Replace("SCOPE", "tensor", StringComparison.Ordinal)));
    }

    [Fact]
    public void Plan_OfATensorThatIsTooLargeToBeHeldWhole_IsRefused()
    {
        TensorInfo huge = new("w", DType.F32, [1 << 16, 1 << 16]);
        InputModel model = InputModel.Make("a", "a", [huge], [], () => throw new NotSupportedException("headers are enough"));
        Problem problem = Assert.Single(Plan(_ => Treatment.Matrix((_, _) => { }), _ => model));
        Assert.Equal(ErrorCodes.MergeRefused, problem.Code);
        Assert.StartsWith("'fake' works on whole tensors of up to", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfATensorThatIsTooLargeForAStep_IsRefused()
    {
        TensorInfo huge = new("model.layers.0.mlp.up_proj.weight", DType.F32, [1 << 16, 1 << 16]);
        Problem problem = Assert.Single(Plan(
            _ => Treatment.CopySource(0),
            name => InputModel.Make(name, name, [huge], [], () => throw new NotSupportedException("headers are enough")),
            "merge_method: fake\nbase_model: a\nmodels: [{model: b}]\nthen: [star]", BaseUse.Required));
        Assert.Equal(ErrorCodes.MergeRefused, problem.Code);
        Assert.StartsWith("'star' works on whole tensors of up to", problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private StagePlan Plan(string recipe) => Assert.Single(_folder.Plan(recipe).Stages);

    // Two models of 13 tensors, by a strategy that no plugin has.
    private static List<Problem> Plan(
        Func<TensorGroup, Treatment> merge, Func<string, InputModel>? open = null,
        string recipe = "merge_method: fake\nmodels: [{model: a}, {model: b}]", BaseUse @base = BaseUse.None)
    {
        List<Problem> problems = [];
        RecipeStage stage = RecipeReader.Read("recipe.yaml", recipe, problems).Stages[0];
        Dictionary<string, InputModel> models = stage.Models.ToDictionary(model => model.Name, model => (open ?? Headers)(model.Name));
        ParameterBinder binder = new(new OptionsSchema(typeof(NoOptions)), stage, _ => null, problems);
        StrategyDemand demand = new("fake", @base, 1, 9);
        IReadOnlyList<StepPlanner> steps = StepPlanner.Bind(stage, demand, new PluginSet(RecipeFolder.Catalog), RecipeFolder.Host,
            _ => null, problems);
        new StagePlanner(stage, demand, new FakeStrategy(merge), binder, models,
            new BoundFormat(null!, new FakeFormat(), new FormatOptions(), []), steps, problems).Plan(canBind: true);
        return problems;
    }

    private static InputModel Headers(string name) =>
        InputModel.Make(name, name, TinyCheckpoint.Llama().Tensors, [], () => throw new NotSupportedException("headers are enough"));

    // Of a format only the choice of types is asked for, and every format has that.
    private sealed class FakeFormat : IWritableCheckpointFormat
    {
        public ICheckpointReader Open(CheckpointFiles files) => throw new NotSupportedException();

        public ICheckpointWriter Create(string folder, CheckpointLayout layout) => throw new NotSupportedException();
    }

    private sealed record NoOptions;

    private sealed class FakeStrategy(Func<TensorGroup, Treatment> merge) : IMergeStrategy
    {
        public Type OptionsType => typeof(NoOptions);

        public Treatment Merge(TensorGroup group) => merge(group);
    }
}
