using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

/// <summary>Which models are base and sources, and how many of them a strategy takes.</summary>
public sealed class SliceModelsTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("base", TinyCheckpoint.Llama()).Add("a", TinyCheckpoint.Llama(seed: 2)).Add("b", TinyCheckpoint.Llama(seed: 3));

    [Theory]
    [InlineData("a", "b", "base")]
    [InlineData("base", "a", "b")]
    [InlineData("a", "base", "b")]
    [InlineData("a", "b")]
    public void Make_WithABase_TakesItOutOfTheSourcesWhereverItStands(params string[] models)
    {
        TensorPlan tensor = _folder.Plan(RecipeFolder.TaskArithmetic("base", models)).Stages[0].Tensors[0];
        Assert.Equal("base", tensor.Base!.Model.Name);
        Assert.Equal(["a", "b"], tensor.Sources.Select(source => source.Model.Name));
    }

    [Fact]
    public void Make_ForAStrategyWithoutABase_KeepsTheBaseModelAsASourceIfItIsListed()
    {
        TensorPlan tensor = _folder.Plan(RecipeFolder.Linear("a", "base") + "base_model: base").Stages[0].Tensors[0];
        Assert.Null(tensor.Base);
        Assert.Equal(["a", "base"], tensor.Sources.Select(source => source.Model.Name));
    }

    [Theory]
    [InlineData("linear", "weight: 1")]
    [InlineData("karcher", "")]
    public void Make_ForAStrategyWithoutABase_TakesABaseThatIsNotListedForOneMoreModel(string method, string parameters)
    {
        string weight = method == "linear" ? "{weight: 1}" : "{}";
        MergePlan plan =
            _folder.Plan(
                $"merge_method: {method}\nbase_model: base\nmodels: [{{model: a, parameters: {weight}}}]\nparameters: {{{parameters}}}");
        Assert.Equal(["a", "base"], plan.Stages[0].Tensors[0].Sources.Select(source => source.Model.Name));
        Assert.Contains(plan.Warnings, warning => warning.Message.StartsWith("base 'base' is not listed", StringComparison.Ordinal));
    }

    [Fact]
    public void Make_WithAModelThatIsListedTwice_IsRefused()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a", "b", "a"));
        Assert.Equal((ErrorCodes.SourceCount, "'a' is merged with itself: it is listed twice"), (problem.Code, problem.Message));
    }

    [Fact]
    public void Make_WithTheBaseAlone_CopiesIt()
    {
        StagePlan stage = _folder.Plan(RecipeFolder.TaskArithmetic("base", "base")).Stages[0];
        Assert.All(stage.Tensors, tensor => Assert.Equal("base", tensor.Copied?.Model.Name));
    }

    [Fact]
    public void Make_WhenASliceNamesABaseOfItsOwn_TakesThatOne()
    {
        IReadOnlyList<TensorPlan> tensors = _folder.Plan("""
            merge_method: task_arithmetic
            base_model: base
            slices:
            - sources: [{model: base, layer_range: [0, 1]}, {model: a, layer_range: [0, 1]}]
            - sources: [{model: a, layer_range: [1, 2]}, {model: b, layer_range: [1, 2]}]
              base_model: b
            parameters: {weight: 1}
            """).Stages[0].Tensors;
        Assert.Equal(
            "base", tensors.First(tensor => tensor.Output.Name.Contains(".0.", StringComparison.Ordinal)).Base!.Model.Name);
        Assert.Equal("b", tensors.First(tensor => tensor.Output.Name.Contains(".1.", StringComparison.Ordinal)).Base!.Model.Name);
    }

    [Fact]
    public void Make_WithoutARequiredBase_SaysThatOneIsNeeded()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a", "b").Replace("linear", "ties", StringComparison.Ordinal));
        Assert.Equal((ErrorCodes.SourceCount, "'ties' needs a base, and none is named"), (problem.Code, problem.Message));
        Assert.Contains("`base_model:`", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Make_WithASliceThatLacksTheBase_TakesTheSameLayersOfIt()
    {
        MergePlan plan = _folder.Plan("""
            merge_method: task_arithmetic
            base_model: base
            slices:
            - sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]
            - sources: [{model: a, layer_range: [1, 2]}]
            parameters: {weight: 1}
            """);
        TensorPlan tensor = plan.Stages[0].Tensors.Single(tensor => tensor.Output.Name == "model.layers.1.mlp.up_proj.weight");
        Assert.Equal(("base", tensor.Output.Name), (tensor.Base?.Model.Name, tensor.Base?.Tensor.Name));
        Assert.Contains(plan.Warnings, warning => warning.Message.Contains("layers [1, 2] of it are taken", StringComparison.Ordinal));
    }

    [Fact]
    public void Make_WithASliceOfUnlikeLayersThatLacksTheBase_SaysThatItsLayersAreNotKnown()
    {
        Problem problem = _folder.Error("""
            merge_method: task_arithmetic
            base_model: base
            slices: [{sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [1, 2]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal(ErrorCodes.SourceCount, problem.Code);
        Assert.Contains("base 'base' is not among the sources", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("passthrough", "base, b", "'passthrough' takes 1 model, found 2")]
    [InlineData("slerp", "base, a, b", "'slerp' takes 1 model besides the base, found 2")]
    [InlineData("slerp", "base", "'slerp' takes 1 model besides the base, found 0")]
    [InlineData("model_stock", "base, a", "'model_stock' takes at least 2 models besides the base, found 1")]
    public void Make_WithTooManyOrTooFewModels_CountsThem(string method, string models, string message)
    {
        string listed = string.Join(", ", models.Split(", ").Select(model => $"{{model: {model}}}"));
        IReadOnlyList<Problem> problems = _folder.Errors($$"""
            merge_method: {{method}}
            base_model: base
            models: [{{listed}}]
            """);
        Assert.Equal((ErrorCodes.SourceCount, message), (problems[0].Code, problems[0].Message));
    }

    public void Dispose() => _folder.Dispose();
}
