using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class MergePlannerTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2)).Add("c", TinyCheckpoint.Llama(layers: 3));

    [Fact]
    public void Plan_OfAStageThatReadsAnother_KnowsItsTensorsAndCompanionsBeforeItHasRun()
    {
        MergePlan plan = _folder.Plan("""
            name: first
            merge_method: passthrough
            slices: [{sources: [{model: c, layer_range: [1, 3]}]}]
            ---
            merge_method: linear
            models: [{model: first}, {model: a}]
            parameters: {weight: 1}
            """);
        Assert.Equal(["first", null], plan.Stages.Select(stage => stage.Stage.Name));
        InputModel first = plan.Stages[1].Models[0];
        Assert.Equal(("first", 2), (first.Name, first.LayerCount));
        Assert.Equal(2, first.Config!["num_hidden_layers"]!.GetValue<int>());
        Assert.Equal(plan.Stages[0].Layout.Tensors, first.Stored);
        Assert.Equal(plan.Stages[0], Assert.Single(plan.UpTo(plan.Stages[0])));
        Assert.Equal(plan.Stages, plan.UpTo(plan.Stages[1]));
    }

    // What follows from a stage that failed is not told: it would be mended with it.
    [Fact]
    public void Plan_WhenAStageFails_ReportsItsProblemsAndThoseOfOthersAndNotWhatFollows()
    {
        IReadOnlyList<Problem> problems = _folder.Errors("""
            name: first
            merge_method: linear
            models: [{model: a}, {model: c}]
            parameters: {weight: 1}
            ---
            name: second
            merge_method: linaer
            models: [{model: b}]
            ---
            merge_method: linear
            models: [{model: first}, {model: second}]
            parameters: {weight: 1}
            """);
        Assert.Equal([ErrorCodes.LayerRange, ErrorCodes.UnknownStrategy], problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Plan_WhenManyThingsAreWrong_ReportsThemAllAtOnce()
    {
        IReadOnlyList<Problem> problems = _folder.Errors("""
            merge_method: task_arithmetic
            base_model: a
            models:
            - {model: b, parameters: {weigth: 1}}
            - {model: nowhere}
            - {model: nobody}
            dtyp: float32
            """);
        Assert.Equal(
            [ErrorCodes.UnknownField, ErrorCodes.ModelNotFound, ErrorCodes.ModelNotFound, ErrorCodes.UnknownParameter],
            problems.Select(problem => problem.Code));
        problems = _folder.Errors("""
            merge_method: ties
            base_model: a
            models:
            - {model: b, parameters: {weigth: 1, density: -30}}
            parameters: {lambda: big}
            """);
        Assert.Equal(
            [ErrorCodes.WrongType, ErrorCodes.UnknownParameter, ErrorCodes.ValueOutOfRange, ErrorCodes.Missing],
            problems.Select(problem => problem.Code));
        Assert.Equal([5, 4, 4, 4], problems.Select(problem => problem.Place!.Line));
    }

    [Fact]
    public void Plan_OfAnUnknownStrategy_SuggestsTheNearestAtItsPlace()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a").Replace("linear", "linaer", StringComparison.Ordinal));
        Assert.Equal((ErrorCodes.UnknownStrategy, "no strategy 'linaer'"), (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'linear'?", problem.Hint, StringComparison.Ordinal);
        Assert.Equal((1, 15), (problem.Place!.Line, problem.Place.Column));
    }

    [Fact]
    public void Plan_OfAStrategyThatCannotBeCreated_NamesItWithAllElse()
    {
        IReadOnlyList<Problem> problems = _folder.Errors("""
            merge_method: throwing
            models: [{model: a}]
            ---
            name: other
            merge_method: linaer
            models: [{model: a}]
            """);
        Assert.Equal([ErrorCodes.UnknownStrategy, ErrorCodes.PluginFailed], problems.Select(problem => problem.Code));
        Assert.Contains("strategy 'throwing' cannot be created", problems[1].Message, StringComparison.Ordinal);
        Assert.Equal(1, problems[1].Place!.Line);
    }

    [Fact]
    public void Plan_WithWarningsOnly_Succeeds()
    {
        _folder.Add("wide", TinyCheckpoint.Llama(type: DType.F32));
        Assert.NotEmpty(_folder.Plan(RecipeFolder.Linear("a", "wide")).Warnings);
    }

    [Fact]
    public void Plan_OfOptions_PutsTheSizeOfShardsIntoTheLayout() =>
        Assert.Equal(
            1000,
            _folder.Plan(RecipeFolder.Linear("a"), new MergeOptions { ShardSizeBytes = 1000 }).Stages[0].Layout.ShardSizeBytes);

    public void Dispose() => _folder.Dispose();
}
