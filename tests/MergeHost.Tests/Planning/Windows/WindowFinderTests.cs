using MergeHost.Plans;
using MergeHost.Recipes;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning.Windows;

public sealed class WindowFinderTests : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public WindowFinderTests()
    {
        foreach (int step in (int[])[1000, 2000, 3000, 4000, 10000])
        {
            _folder.Add($"run/checkpoint-{step}", TinyCheckpoint.Llama(seed: step));
        }

        _folder.Add("run/checkpoint-best", TinyCheckpoint.Llama()).Add("run/step5-tokens9B", TinyCheckpoint.Llama())
            .Add("run/step6-tokens10B", TinyCheckpoint.Llama());
    }

    [Theory]
    [InlineData("from: run/checkpoint-*", "1000 2000 3000 4000 10000")]
    [InlineData("from: run/checkpoint-*, last: 2", "4000 10000")]
    [InlineData("from: run/checkpoint-*, steps: 2000..4000", "2000 3000 4000")]
    [InlineData("from: run/checkpoint-*, steps: 1000..4999, every: 1000, last: 3", "2000 3000 4000")]
    [InlineData("from: run/checkpoint-*, steps: 1000..4000, every: 2000", "2000 4000")]
    [InlineData("from: run/step*-tokens*B", "5 6")]
    public void Plan_OfAWindow_TakesTheStepsInTheirOrderAsNumbers(string window, string steps) =>
        Assert.Equal(steps.Split(' ').Select(long.Parse), Window(window).Select(model => model.Step));

    [Fact]
    public void Plan_OfAWindow_ListsItsModelsWithTheirWeights()
    {
        MergePlan plan = _folder.Plan(Recipe("from: run/checkpoint-*, steps: 1..4000, schedule: minus_sqrt"));
        Assert.Equal(["run/checkpoint-1000", "run/checkpoint-2000", "run/checkpoint-3000", "run/checkpoint-4000"],
            plan.Stages[0].ReadModels.Select(model => model.Name));
        Assert.Equal([0.5, Math.Sqrt(0.5) - 0.5], plan.Stages[0].Stage.Window!.Select(model => model.Weight).Take(2));
        Assert.Empty(plan.Warnings);
    }

    [Fact]
    public void Plan_OfAWindowWithABase_MakesTaskVectors() =>
        Assert.Equal(3,
            _folder.Plan(
                "merge_method: task_arithmetic\nbase_model: run/checkpoint-1000\nwindow: {from: run/checkpoint-*, steps: 2000..4000}\n"
                    + "").Stages[0].Tensors[0].Sources.Count);

    [Theory]
    [InlineData("from: run/chkpoint-*", "MH1010", "no checkpoint fits 'run/chkpoint-*': what is there is 'run/checkpoint-1000'")]
    [InlineData("from: nowhere/checkpoint-*", "MH1010", "no checkpoint fits 'nowhere/checkpoint-*': nothing is there")]
    [InlineData("from: run/checkpoint-*, last: 9", "MH1013",
        "the window holds 5 checkpoints, at least 9 are wanted; 'run/checkpoint-*' fits steps 1000, 2000, 3000, 4000, 10000")]
    [InlineData("from: run/checkpoint-*, steps: 5000..9999", "MH1013", "the window holds 0 checkpoints, at least 2 are wanted")]
    [InlineData("from: run/checkpoint-*, every: 1000", "MH1013",
        "step 5000 is missing: every 1000 steps a checkpoint is wanted, and after step 4000 comes 10000")]
    [InlineData("from: run/checkpoint-*, schedule: [1, 2]", "MH1013",
        "the window holds 5 checkpoints, steps 1000, 2000, 3000, 4000, 10000, and 2 weights are listed")]
    public void Plan_WhenTheCheckpointsDoNotFit_SaysWhatIsThere(string window, string code, string message)
    {
        Problem problem = _folder.Error(Recipe(window));
        Assert.Equal(code, problem.Code.ToString());
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(2, problem.Place!.Line);
    }

    [Fact]
    public void Plan_WhenTwoCheckpointsHaveOneStep_NamesBoth()
    {
        _folder.Add("run/checkpoint-01000", TinyCheckpoint.Llama());
        Assert.Contains("'run/checkpoint-01000' and 'run/checkpoint-1000' are both step 1000",
            _folder.Error(Recipe("from: run/checkpoint-*")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minus_sqrt", 1)]
    [InlineData("uniform", 0)]
    public void Plan_OfUnevenSteps_WarnsWhereTheScheduleSupposesEvenOnes(string schedule, int warnings) =>
        Assert.Equal(warnings,
            _folder.Plan(Recipe($"from: run/checkpoint-*, schedule: {schedule}")).Warnings
                .Count(warning => warning.Message.Contains("evenly", StringComparison.Ordinal)));

    public void Dispose() => _folder.Dispose();

    private static string Recipe(string window) => $"merge_method: linear\nwindow: {{{window}}}\n";

    private IReadOnlyList<WindowModel> Window(string window) => _folder.Plan(Recipe(window)).Stages[0].Stage.Window!;
}
