using MergeHost.Recipes;
using MergeHost.Recipes.Reading;

namespace MergeHost.Tests.Recipes;

public sealed class RecipeReaderTests
{
    private const string Minimal = """
        merge_method: linear
        models:
        - model: a
          parameters: {weight: 1}
        """;

    [Theory]
    [InlineData("/home/me/models/llama")]
    [InlineData("../victim")]
    [InlineData("a/../../victim")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("\"\"")]
    [InlineData("a/b")]
    [InlineData("'a\\b'")]
    [InlineData("'C:x'")]
    [InlineData("a b")]
    [InlineData("名")]
    public void Read_WhenTheNameOfAStageIsNoPlainName_IsAnError(string name)
    {
        List<Problem> problems = [];
        RecipeReader.Read("r.yml", $"name: {name}\n{Minimal}", problems);
        Assert.Equal(ErrorCodes.ValueOutOfRange, Assert.Single(problems).Code);
        Assert.Equal(1, problems[0].Place!.Line);
    }

    [Fact]
    public void Read_WhenModelsAreListed_MakesOneSliceOverAllLayers()
    {
        RecipeStage stage = Single(Minimal);

        Assert.Equal("linear", stage.MergeMethod.Text);
        RecipeSource source = Assert.Single(Assert.Single(stage.Slices).Sources);
        Assert.Equal("a", source.Model.Name);
        Assert.Null(source.Layers);
        Assert.Equal(new TextPlace("recipe.yaml", 3, 10), source.Model.Place);
    }

    [Fact]
    public void Read_OfAModelInParts_IsItsShortForm()
    {
        List<Problem> problems = [];
        Recipe recipe = RecipeReader.Read("recipe.yaml", """
            merge_method: linear
            models:
            - model: {model: {path: org/a, revision: v1}, lora: {path: org/b, revision: v2}, override_architecture: LlamaForCausalLM}
              parameters: {weight: 1}
            """, problems);

        Assert.Equal("org/a@v1+org/b@v2", Assert.Single(recipe.Stages).Slices[0].Sources[0].Model.Name);
        Problem warning = Assert.Single(problems);
        Assert.Equal((Severity.Warning, true),
            (warning.Severity, warning.Message.StartsWith("'override_architecture' has no effect", StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_OfARevisionBesideAModelWithTransforms_KeepsThem()
    {
        RecipeStage stage = Single("""
            merge_method: linear
            models: [{model: {path: {path: org/a, apply: [dequantise]}, revision: v1}, parameters: {weight: 1}}]
            """);

        ModelReference model = stage.Slices[0].Sources[0].Model;
        Assert.Equal(("org/a@v1", "dequantise"), (model.Base, Assert.Single(model.Apply).Id));
    }

    [Fact]
    public void Read_OfAFieldThatHoldsAnAnchor_LeavesItToItsAliases()
    {
        RecipeStage stage = Single("""
            common: &common {weight: 2}
            merge_method: linear
            models: [{model: a, parameters: *common}]
            """);

        Assert.Equal("a", stage.Slices[0].Sources[0].Model.Name);
    }

    [Fact]
    public void Read_WhenSlicesAreListed_KeepsTheirLayers()
    {
        RecipeStage stage = Single("""
            merge_method: passthrough
            slices:
            - sources: [{model: a, layer_range: [0, 3]}]
            - sources: [{model: b, layer_range: [1, 4]}]
            """);

        Assert.Equal(["a", "b"], stage.Slices.Select(slice => slice.Sources[0].Model.Name));
        Assert.Equal([0, 1], stage.Slices.Select(slice => slice.Sources[0].Layers!.Start));
    }

    [Fact]
    public void Read_WhenTheDefaultModuleIsGiven_PutsItsParametersBeforeTheStages()
    {
        RecipeStage stage = Single("""
            merge_method: linear
            modules:
              default:
                models: [{model: a}]
                parameters: {weight: 1}
            parameters: {weight: 2}
            """);

        Assert.Equal(["1", "2"],
            stage.Slices[0].Levels.Concat(stage.Parameters).Where(level => level.Settings.Count > 0)
                .Select(level => level.Settings["weight"].Value.Scalars.Single().Text));
    }

    [Fact]
    public void Read_WhenOutDTypeIsGiven_PrefersItToDType() =>
        Assert.Equal(DType.BF16, Single(Minimal + "\ndtype: float32\nout_dtype: bfloat16").OutputDType);

    [Theory]
    [InlineData("torch.bfloat16")]
    [InlineData("'bfloat16'")]
    public void Read_WhenADTypeIsWrittenAsPyTorchDoes_KnowsIt(string dtype) =>
        Assert.Equal(DType.BF16, Single(Minimal + $"\ndtype: {dtype}").OutputDType);

    [Fact]
    public void Read_WhenFieldsAreLeftEmpty_TakesThemForAbsent()
    {
        RecipeStage stage = Single("slices: null\nbase_model: ~\nparameters:\ntokenizer:\ntokenizer_source:\nout_dtype:\n" + Minimal);

        Assert.Equal("a", Assert.Single(Assert.Single(stage.Slices).Sources).Model.Name);
        Assert.Null(stage.BaseModel);
    }

    [Fact]
    public void Read_WhenLayersAreQuotedOrWrittenWithAPoint_TakesThemForWholeNumbers()
    {
        RecipeStage stage = Single("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: ['1', 4.0]}]}]");

        Assert.Equal((1, 4), (stage.Slices[0].Sources[0].Layers!.Start, stage.Slices[0].Sources[0].Layers!.End));
    }

    [Fact]
    public void Read_WhenAResidualWeightIsGiven_WarnsThatItHasNoEffect()
    {
        List<Problem> problems = [];
        Read("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}], residual_weight: 0.5}]", problems);

        Problem problem = Assert.Single(problems);
        Assert.Equal(Severity.Warning, problem.Severity);
        Assert.Contains("'residual_weight'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAMappingIsMergedIn_ItsOwnKeysGoFirst()
    {
        RecipeStage stage = Single("""
            merge_method: linear
            models:
            - model: a
              parameters: &usual {weight: 1, density: 0.5}
            - model: b
              parameters: {<<: *usual, weight: 2}
            """);

        ParameterSet second = stage.Slices[0].Sources[1].Parameters;
        Assert.Equal("2", second.Settings["weight"].Value.Scalars.Single().Text);
        Assert.Equal("0.5", second.Settings["density"].Value.Scalars.Single().Text);
    }

    [Fact]
    public void Read_WhenStagesReadEachOther_PutsThemInOrderAndTheUnnamedLast()
    {
        Recipe recipe = Read("""
            merge_method: linear
            models: [{model: second}]
            ---
            name: second
            merge_method: linear
            models: [{model: first}]
            ---
            name: first
            merge_method: linear
            models: [{model: a}]
            """, []);

        Assert.Equal(["first", "second", null], recipe.Stages.Select(stage => stage.Name));
    }

    [Theory]
    [InlineData("merge_method: linear\nmodles: []\nmodels: [{model: a}]", "MH1003", 2, 1, "did you mean 'models'?")]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameter: {}}]", "MH1003", 2, 21, "did you mean 'parameters'?")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nmodels: [{model: b}]", "MH1007", 3, 1, "Keep one")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nmodules: {default: {models: [{model: a}]}}", "MH1009", 3, 1, "Keep one")]
    [InlineData("models: [{model: a}]", "MH1006", 1, 1, "merge_method")]
    [InlineData("merge_method: linear", "MH1006", 1, 1, "`models:`")]
    [InlineData("merge_method: linear\nmodels: a", "MH1005", 2, 9, null)]
    [InlineData("merge_method: linear\nmodels: [{model: [a]}]", "MH1005", 2, 18, null)]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {w: [1, {value: 2}]}}]", "MH1005", 2, 37, "one value")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ndtype: int8", "MH1004", 3, 8, null)]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ndtype: bfloat", "MH1004", 3, 8, "did you mean 'bfloat16'?")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [4, 2]}]}]", "MH1012", 2, 45, null)]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, x]}]}]", "MH1005", 2, 49, null)]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1.5]}]}]", "MH1005", 2, 49, null)]
    [InlineData("merge_method: linear\nmodels: [{model: a, parameters: {w: [{filter: [mlp, norm], value: 1}]}}]", "MH1005", 2, 47, null)]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a}]}]", "MH1006", 2, 21, "layer_range")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nmissing: skp", "MH1004", 3, 10, "did you mean 'skip'?")]
    [InlineData("merge_method: linear\nmodules: {encoder: {models: [{model: a}]}, decoder: {}}", "MH1006", 2, 53, "models")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer_source: base\ntokenizer: {source: base}", "MH1009", 4, 12,
        "Keep one")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer_source: base\nalign: [x]", "MH1009", 4, 8, "align:")]
    [InlineData("merge_method: linear\nmodels: [{model: {model: {path: a, apply: [x]}, lora: {path: b}}}]", "MH1009", 2, 55, "apply")]
    [InlineData("merge_method: linear\nmodels:\n\t- model: a", "MH1001", 3, 1, "spaces")]
    [InlineData("a: &x [*x]", "MH1015", 1, 8, null)]
    [InlineData("!!python/object:os.system {}", "MH1001", 1, 1, "Remove the tag.")]
    [InlineData("", "MH1006", 1, 1, "merge_method")]
    public void Read_WhenSomethingIsWrong_SaysWhatAndWhere(string text, string code, int line, int column, string? hint)
    {
        List<Problem> problems = [];
        Read(text, problems);

        Problem problem = problems.First(problem => problem.Code.Id == code);
        Assert.Equal(new TextPlace("recipe.yaml", line, column), problem.Place);
        Assert.Contains(hint ?? "", problem.Hint ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAliasesUnfoldWithoutMeasure_StopsAtOnce()
    {
        string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
        for (char name = 'b'; name <= 'j'; name++)
        {
            string one = $"*{(char)(name - 1)}";
            text += $"{name}: &{name} [{string.Join(", ", Enumerable.Repeat(one, 10))}]\n";
        }

        List<Problem> problems = [];
        Read(text, problems);

        Assert.Contains(problems, problem => problem.Code == ErrorCodes.YamlAlias);
    }

    [Fact]
    public void Read_WhenSeveralThingsAreWrong_ReportsThemAll()
    {
        List<Problem> problems = [];
        Read("merge_methd: linear\nmodels: [{modle: a}]\ndtype: int8", problems);

        Assert.Equal(["MH1003", "MH1003", "MH1004", "MH1006", "MH1006"], problems.Select(problem => problem.Code.Id).Order());
    }

    [Fact]
    public void Read_WhenStagesReadThemselvesInACircle_NamesTheCircle()
    {
        List<Problem> problems = [];
        Read("name: a\nmerge_method: linear\nmodels: [{model: b}]\n---\nname: b\nmerge_method: linear\nmodels: [{model: a}]\n---\n"
            + "merge_method: linear\nmodels: [{model: a}]", problems);

        Assert.Contains(problems,
            problem => problem.Code == ErrorCodes.StageGraph && problem.Message.Contains("'a' → 'b'", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_WhenTheFileIsMissing_NamesIt()
    {
        List<Problem> problems = [];
        RecipeReader.Read("no-such-recipe.yaml", problems);

        Problem problem = Assert.Single(problems);
        Assert.Equal(ErrorCodes.RecipeUnreadable, problem.Code);
        Assert.Contains("no-such-recipe.yaml", problem.Message, StringComparison.Ordinal);
    }

    private static Recipe Read(string text, List<Problem> problems) => RecipeReader.Read("recipe.yaml", text, problems);

    private static RecipeStage Single(string text)
    {
        List<Problem> problems = [];
        Recipe recipe = Read(text, problems);
        Assert.Empty(problems);
        return Assert.Single(recipe.Stages);
    }
}
