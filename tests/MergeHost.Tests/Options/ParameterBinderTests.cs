using MergeHost.Options;
using MergeHost.Planning;
using MergeHost.Recipes;
using MergeHost.Recipes.Reading;
using MergeHost.Storage.Text;
using MergeHost.Strategies;

namespace MergeHost.Tests.Options;

/// <summary>mergekit's rules of precedence, gradients and filters.</summary>
public sealed class ParameterBinderTests
{
    private const string Up = "model.layers.3.mlp.up_proj.weight";

    private readonly List<Problem> _problems = [];

    // Each level says one thing that those before it do not.
    [Theory]
    [InlineData("{weight: 1}", "{weight: 2}", "{weight: 3}", "{weight: 4}", 1)]
    [InlineData("{}", "{weight: 2}", "{weight: 3}", "{weight: 4}", 2)]
    [InlineData("{}", "{}", "{weight: 3}", "{weight: 4}", 3)]
    [InlineData("{}", "{}", "{}", "{weight: 4}", 4)]
    [InlineData("{weight: }", "{weight: 2}", "{weight: 3}", "{weight: 4}", 2)]
    public void Bind_ForASource_TakesTheInnermostLevel(string source, string slice, string module, string stage, double weight) =>
        Assert.Equal(weight, Bind(source, slice, module, stage).Weight);

    [Theory]
    [InlineData("{t: 0.2}", "{t: 0.3}", "{t: 0.4}", 0.2)]
    [InlineData("{}", "{t: 0.3}", "{t: 0.4}", 0.3)]
    [InlineData("{}", "{}", "{t: 0.4}", 0.4)]
    public void Bind_OfAParameterOfTheWholeTensor_TakesTheInnermostLevelButTheSource(
        string slice, string module, string stage, double t)
    {
        Assert.Equal(t, Bind("{weight: 1, t: 0.1}", slice, module, stage).T);
        Assert.Equal(t, BindWhole("{weight: 1, t: 0.1}", slice, module, stage).T);
    }

    [Fact]
    public void Bind_WhenNoLevelSaysAnything_TakesTheDefaults() =>
        Assert.Equal(new SampleOptions { Weight = 1, T = 0.5 }, Bind("{weight: 1}", stage: "{t: 0.5}"));

    [Fact]
    public void Bind_ForTheWholeTensor_LeavesWhatDiffersBySourceAtItsDefault()
    {
        SampleOptions options = BindWhole("{weight: 1, density: 0.1}", stage: "{t: 0.5, density: 0.2, weight: 3}");
        Assert.Equal((0, 0.5, 0.5), (options.Weight, options.Density, options.T));
        Assert.Empty(_problems);
    }

    // Piecewise linear over the layers of the slice; a single layer lies at 1, what is outside the layers at 0.
    [Theory]
    [InlineData("[0, 1]", 0, 0)]
    [InlineData("[0, 1]", 0.25, 0.25)]
    [InlineData("[0, 1]", 1, 1)]
    [InlineData("[0, 1, 0.5]", 0.5, 1)]
    [InlineData("[0, 1, 0.5]", 0.75, 0.75)]
    [InlineData("[0, 1, 0.5]", 1, 0.5)]
    [InlineData("[0.3]", 0, 0.3)]
    [InlineData("[0.3]", 1, 0.3)]
    [InlineData("[1, 0, 0, 0, 1]", 0.875, 0.5)]
    public void Bind_OfAGradient_LiesBetweenItsNeighbours(string gradient, double position, double t) =>
        Assert.Equal(t, BindWhole("{weight: 1}", stage: $"{{t: {gradient}}}", position: position).T, 12);

    [Fact]
    public void Bind_OfAGradientAtOneOfItsPoints_IsThatPointExactly() =>
        Assert.Equal(0.1, BindWhole("{weight: 1}", stage: "{t: [0.7, 0.1, 0.3]}", position: 0.5).T);

    // What has no value between two others keeps the earlier point.
    [Theory]
    [InlineData(0, false, 1, SampleKind.L1Norm)]
    [InlineData(0.49, false, 1, SampleKind.L1Norm)]
    [InlineData(0.99, false, 1, SampleKind.L1Norm)]
    [InlineData(1, true, 9, SampleKind.PlainSum)]
    public void Bind_OfAGradientThatIsNotOfNumbers_StepsAtItsPoints(double position, bool mask, int topK, SampleKind rescaleBy)
    {
        SampleOptions options = BindWhole("{weight: 1}",
            stage: "{t: 0, int8_mask: [false, true], select_top_k: [1, 9], rescale_by: [l1_norm, plain_sum]}", position: position);
        Assert.Equal((mask, topK, rescaleBy), (options.Int8Mask, options.SelectTopK, options.RescaleBy));
    }

    [Theory]
    [InlineData("[{filter: mlp, value: 0.1}, {filter: up_proj, value: 0.2}, {value: 0.3}]", 0.1)]
    [InlineData("[{filter: up_proj, value: 0.2}, {filter: mlp, value: 0.1}, {value: 0.3}]", 0.2)]
    [InlineData("[{filter: self_attn, value: 0.1}, {value: 0.3}]", 0.3)]
    [InlineData("[{filter: self_attn, value: 0.1}, {filter: '*', value: 0.4}]", 0.4)]
    [InlineData("[{value: 0.3}, {filter: mlp, value: 0.1}]", 0.3)]
    [InlineData("{filter: layers.3., value: 0.6}", 0.6)]
    [InlineData("[{filter: MLP, value: 0.1}, {filter: '.*', value: 0.2}, {value: 0.9}]", 0.9)]
    public void Bind_OfConditions_TakesTheFirstThatIsAPartOfTheName(string conditions, double t) =>
        Assert.Equal(t, BindWhole("{weight: 1}", stage: $"{{t: {conditions}}}").T);

    [Fact]
    public void Bind_WhenNoConditionHolds_AsksTheNextLevel()
    {
        const string misses = "[{filter: self_attn, value: 0.1}]";
        Assert.Equal(0.7, BindWhole("{weight: 1}", slice: $"{{t: {misses}}}", stage: "{t: 0.7}").T);
        Assert.Equal(5, Bind($"{{weight: {misses}}}", slice: "{weight: 5}", stage: "{t: 0}").Weight);
        Assert.Equal(0.5, Bind("{weight: 1}", slice: $"{{density: {misses}}}", stage: "{t: 0}").Density);
    }

    [Fact]
    public void Bind_OfAGradientWithinACondition_LiesBetweenItsNeighbours() =>
        Assert.Equal(
            0.25,
            BindWhole(
                "{weight: 1}", stage: "{t: [{filter: self_attn, value: 1}, {filter: mlp, value: [0, 0.5]}]}", position: 0.5).T);

    [Fact]
    public void Bind_ForASource_FiltersItsParametersByItsOwnNameAndTheOthersByTheOutputs()
    {
        const string weight = "[{filter: layers.7., value: 7}, {filter: layers.3., value: 3}]";
        const string t = "[{filter: layers.7., value: 0.7}, {filter: layers.3., value: 0.3}]";
        RecipeStage stage = Stage("{}", "{}", "{}", $"{{weight: {weight}, t: {t}}}");
        SampleOptions options = (SampleOptions)Binder(stage).Bind(
            stage.Slices[0], stage.Slices[0].Sources[0], "model.layers.7.mlp.up_proj.weight", Up, 0);
        Assert.Equal((7, 0.3), (options.Weight, options.T));
    }

    [Fact]
    public void Bind_WithoutARequiredParameter_ReportsItOnceForEachModel()
    {
        RecipeStage stage = RecipeOf("""
            merge_method: sample
            slices:
            - sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
            - sources: [{model: a, layer_range: [1, 2]}, {model: b, layer_range: [1, 2], parameters: {weight: 1}}]
            parameters: {t: 0.5}
            """);
        ParameterBinder binder = Binder(stage);
        foreach (RecipeSlice slice in stage.Slices)
        {
            foreach (RecipeSource source in slice.Sources)
            {
                binder.Bind(slice, source, Up, Up, 0);
                binder.Bind(slice, source, "lm_head.weight", "lm_head.weight", 0);
            }
        }

        Assert.Equal(
            [
                $"parameter 'weight' is missing for 'a', first at tensor '{Up}'",
                $"parameter 'weight' is missing for 'b', first at tensor '{Up}'",
            ],
            _problems.Select(problem => problem.Message));
        Assert.All(_problems, problem => Assert.Equal(ErrorCodes.Missing, problem.Code));
        Assert.Equal(stage.Slices[0].Sources[0].Model.Place, _problems[0].Place);
    }

    [Fact]
    public void Bind_WithoutARequiredParameterOfTheWholeTensor_ReportsItOnceAndNamesNoModel()
    {
        RecipeStage stage = Stage("{weight: 1}", "{}", "{}", "{}");
        ParameterBinder binder = Binder(stage);
        binder.Bind(stage.Slices[0], Up, 0);
        binder.Bind(stage.Slices[0], stage.Slices[0].Sources[0], Up, Up, 0);
        Assert.Equal($"parameter 't' is missing, first at tensor '{Up}'", Assert.Single(_problems).Message);
        Assert.Contains("`t: 0.5`", _problems[0].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfAParameterOfTheWholeTensorAtASource_SaysWhereItBelongs()
    {
        RecipeStage stage = Stage("{weight: 1, t: 0.5}", "{}", "{}", "{t: 0.5}");
        Binder(stage).Check("sample");
        Problem problem = Assert.Single(_problems);
        Assert.Equal(ErrorCodes.UnknownParameter, problem.Code);
        Assert.Equal(("'t' holds for the whole tensor, and has no effect under a model, as in mergekit", Severity.Warning),
            (problem.Message, problem.Severity));
        Assert.Equal(stage.Slices[0].Sources[0].Parameters.Settings["t"].Place, problem.Place);
    }

    [Theory]
    [InlineData("{densty: 0.1}", "{}", "{}", "{}")]
    [InlineData("{}", "{densty: 0.1}", "{}", "{}")]
    [InlineData("{}", "{}", "{densty: 0.1}", "{}")]
    [InlineData("{}", "{}", "{}", "{densty: 0.1}")]
    public void Check_OfAnUnknownParameterAtAnyLevel_SuggestsTheRightOne(string source, string slice, string module, string stage)
    {
        Binder(Stage(source, slice, module, stage)).Check("sample");
        Problem problem = Assert.Single(_problems);
        Assert.Equal((ErrorCodes.UnknownParameter, "'sample' has no parameter 'densty'"), (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'density'? it has weight, density, t, ", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfAParameterOfOtherMethods_WarnsAndLetsTheRestBeRead()
    {
        Assert.True(Binder(Stage("{weight: 1, gamma: 0.1}", "{}", "{}", "{t: 0.5}")).Check("sample"));
        Problem problem = Assert.Single(_problems);
        Assert.Equal(("'sample' has no parameter 'gamma', as other methods have; it has no effect", Severity.Warning),
            (problem.Message, problem.Severity));
        Assert.StartsWith("Remove it; it has weight, ", problem.Hint, StringComparison.Ordinal);
    }

    // Every value is looked at, whether a tensor meets it or not.
    [Fact]
    public void Check_OfValuesInGradientsAndConditions_ReportsEachAtItsPlace()
    {
        const string stage = "{t: [{filter: nowhere, value: 7}, {value: [0, 8]}]}";
        Binder(Stage("{weight: 1, density: [0.5, 2, x]}", "{}", "{}", stage)).Check("sample");
        Assert.Equal(
            [
                "t is 7; it must be in [0, 1]", "t is 8; it must be in [0, 1]", "density is 2; it must be in (0, 1]",
                "density is 'x'; it must be a number",
            ],
            _problems.Select(problem => problem.Message));
        Assert.Equal(4, _problems.Select(problem => problem.Place).Distinct().Count());
    }

    [Fact]
    public void Bind_OfAValueThatCannotBeRead_TakesTheDefaultAndReportsNothingMore()
    {
        Assert.Equal(0.5, Bind("{weight: 1, density: 9}", stage: "{t: 0}").Density);
        Assert.Empty(_problems);
    }

    [Theory]
    [InlineData("{low: 1, high: 2}", 0)]
    [InlineData("{low: 3, high: 2}", 1)]
    [InlineData("{high: 0}", 1)]
    public void Bind_OfOptionsThatValidate_ReportsOnceWhatDoesNotGoTogether(string parameters, int problems)
    {
        RecipeStage stage = Stage("{}", "{}", "{}", parameters);
        ParameterBinder binder = new(new OptionsSchema(typeof(LimitOptions)), stage, _ => null, _problems);
        Assert.True(binder.Check("sample"));

        binder.Bind(stage.Slices[0], Up, 0);
        binder.Bind(stage.Slices[0], "model.layers.0.mlp.up_proj.weight", 0);

        Assert.Equal(problems, _problems.Count);
        Assert.All(_problems, problem => Assert.Equal((ErrorCodes.ValueOutOfRange, stage.Slices[0].Place), (problem.Code, problem.Place)));
        Assert.All(_problems, problem => Assert.EndsWith("low must not be above high", problem.Message, StringComparison.Ordinal));
    }

    // Of options that differ by source, those of each source are whole.
    [Fact]
    public void Bind_OfOptionsThatValidateAndDifferBySource_ChecksThoseOfTheSource()
    {
        RecipeStage stage = Stage("{low: 3}", "{}", "{}", "{high: 2}");
        ParameterBinder binder = new(new OptionsSchema(typeof(LimitOfSourceOptions)), stage, _ => null, _problems);

        binder.Bind(stage.Slices[0], Up, 0);
        Assert.Empty(_problems);
        binder.Bind(stage.Slices[0], stage.Slices[0].Sources[0], Up, Up, 0);
        Assert.Equal("'sample': low is 3 and high is 2; low must not be above high", Assert.Single(_problems).Message);
    }

    [Fact]
    public void Read_OfOptionsThatValidate_ReportsWhatDoesNotGoTogetherUnlessMoreIsWrong()
    {
        Read("low: 3\nhigh: 2");
        Assert.Equal("'it': low is 3 and high is 2; low must not be above high", Assert.Single(_problems).Message);
        _problems.Clear();
        Read("low: 3\nhigh: 2\nmiddle: 1");
        Assert.Equal(ErrorCodes.UnknownParameter, Assert.Single(_problems).Code);

        void Read(string text) => OptionsReader.Read(
            new OptionsSchema(typeof(LimitOptions)), "it", ((YamlMapping)YamlLoader.Load("options.yaml", text, _problems)[0]).Entries, null,
            _problems);
    }

    private SampleOptions Bind(string source, string slice = "{}", string module = "{}", string stage = "{}")
    {
        RecipeStage read = Stage(source, slice, module, stage);
        return (SampleOptions)Binder(read).Bind(read.Slices[0], read.Slices[0].Sources[0], Up, Up, 0);
    }

    private SampleOptions BindWhole(
        string source, string slice = "{}", string module = "{}", string stage = "{}", double position = 0)
    {
        RecipeStage read = Stage(source, slice, module, stage);
        return (SampleOptions)Binder(read).Bind(read.Slices[0], Up, position);
    }

    private static RecipeStage Stage(string source, string slice, string module, string stage) => RecipeOf($$"""
        merge_method: sample
        modules:
          default:
            slices:
            - sources: [{model: a, layer_range: [0, 4], parameters: {{source}}}]
              parameters: {{slice}}
            parameters: {{module}}
        parameters: {{stage}}
        """);

    private static RecipeStage RecipeOf(string text)
    {
        List<Problem> problems = [];
        Recipe recipe = RecipeReader.Read("recipe.yaml", text, problems);
        Assert.Empty(problems);
        return Assert.Single(recipe.Stages);
    }

    private ParameterBinder Binder(RecipeStage stage) => new(new OptionsSchema(typeof(SampleOptions)), stage, _ => null, _problems);

    private sealed record LimitOptions : IValidates
    {
        public double Low { get; init; } = 0.5;

        public double High { get; init; } = 1;

        public IEnumerable<string> Validate() =>
            Low > High ? [FormattableString.Invariant($"low is {Low} and high is {High}; low must not be above high")] : [];
    }

    private sealed record LimitOfSourceOptions : IValidates
    {
        [PerSource]
        public double Low { get; init; } = 5;

        public double High { get; init; } = 9;

        public IEnumerable<string> Validate() =>
            Low > High ? [FormattableString.Invariant($"low is {Low} and high is {High}; low must not be above high")] : [];
    }
}
