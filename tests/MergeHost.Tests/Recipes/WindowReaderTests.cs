using MergeHost.Recipes;
using MergeHost.Recipes.Reading;

namespace MergeHost.Tests.Recipes;

public sealed class WindowReaderTests
{
    [Fact]
    public void Read_WhenEverythingIsGiven_KeepsIt()
    {
        List<Problem> problems = [];
        RecipeWindow window = Read("{from: run/checkpoint-*, last: 8, steps: 1000..20000, every: 500, schedule: ema, alpha: 0.1}",
            problems)!;
        Assert.Empty(problems);
        Assert.Equal(("run/checkpoint-*", 8, (1000L, 20000L), 500L, "ema"),
            (window.From.Text, window.Last, window.Steps, window.Every, window.Schedule.Name));
        Assert.Equal(0.9 * 0.9, window.Schedule.Weights(3)[0], 1e-12);
    }

    [Fact]
    public void Read_WhenWeightsAreListed_KeepsThem()
    {
        List<Problem> problems = [];
        Assert.Equal([0.25, -1, 2], Read("{from: a*, schedule: [0.25, -1, 2]}", problems)!.Schedule.Weights(3));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("{last: 8}", "MH1006", "'from' is missing")]
    [InlineData("{from: run/checkpoint-1}", "MH1004", "it must have a '*' in place of the step")]
    [InlineData("{from: a*, lst: 8}", "MH1003", "windows have no field 'lst'")]
    [InlineData("{from: a*, last: 1}", "MH1004", "last is '1'; it must be a whole number from 2 up")]
    [InlineData("{from: a*, every: 0}", "MH1004", "every is '0'; it must be a whole number from 1 up")]
    [InlineData("{from: a*, steps: 5..1}", "MH1004", "steps is '5..1'; it must be two steps, the earlier first")]
    [InlineData("{from: a*, steps: 1000}", "MH1004", "steps is '1000'; it must be two steps, the earlier first")]
    [InlineData("{from: a*, schedule: cosine}", "MH1004", "schedule is 'cosine'; it must be one of uniform, linear, minus_sqrt, ema")]
    [InlineData("{from: a*, schedule: {a: 1}}", "MH1005", "'schedule' must be a name or a list of weights")]
    [InlineData("{from: a*, schedule: [a]}", "MH1005", "a weight must be a number")]
    [InlineData("{from: a*, alpha: 0.2}", "MH1009", "'alpha' belongs to schedule 'ema', and the schedule is 'uniform'")]
    [InlineData("{from: a*, schedule: ema, alpha: 1}", "MH1004", "alpha is '1'; it must be in (0, 1)")]
    [InlineData("[a*]", "MH1005", "a window must be a mapping of fields, found a list")]
    public void Read_WhenAFieldIsWrong_SaysWhich(string window, string code, string message)
    {
        List<Problem> problems = [];
        Read(window, problems);
        Problem problem = Assert.Single(problems);
        Assert.Equal(code, problem.Code.ToString());
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(2, problem.Place!.Line);
    }

    [Fact]
    public void Read_BesideModels_IsAConflict()
    {
        List<Problem> problems = [];
        RecipeReader.Read("r.yaml", "merge_method: linear\nmodels: [{model: a}]\nwindow: {from: a*}\n", problems);
        Assert.Equal(ErrorCodes.Conflict, Assert.Single(problems).Code);
    }

    private static RecipeWindow? Read(string window, List<Problem> problems) =>
        RecipeReader.Read("r.yaml", $"merge_method: linear\nwindow: {window}\n", problems).Stages[0].Slices is [{ Window: { } read }]
            ? read
            : null;
}
