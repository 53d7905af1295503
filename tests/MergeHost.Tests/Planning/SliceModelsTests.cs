using MergeHost.Planning;
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
        Assert.Single(_folder.Plan(RecipeFolder.Linear("a") + "base_model: base").Stages[0].Tensors[0].Sources);
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
    public void Make_WithASliceThatLacksTheBase_SaysThatItsLayersAreNotKnown()
    {
        Problem problem = _folder.Error("""
            merge_method: task_arithmetic
            base_model: base
            slices: [{sources: [{model: a, layer_range: [0, 2]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal(ErrorCodes.SourceCount, problem.Code);
        Assert.Contains("base 'base' is not among the sources", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("passthrough", "a, b", "'passthrough' takes 1 model, found 2")]
    [InlineData("slerp", "base, a, b", "'slerp' takes 1 model besides the base, found 2")]
    [InlineData("slerp", "base", "'slerp' takes 1 model besides the base, found 0")]
    [InlineData("ties", "base", "'ties' takes at least 1 model besides the base, found 0")]
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
