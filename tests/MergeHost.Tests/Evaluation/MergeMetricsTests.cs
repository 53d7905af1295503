using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Suites;

namespace MergeHost.Tests.Evaluation;

/// <summary>What must hold of the metrics whatever the scores are.</summary>
public class MergeMetricsTests
{
    private static readonly Random _random = new(5);

    [Fact]
    public void Of_TwoTasks_AreTheFormulasByHand()
    {
        MergeMetrics metrics = MergeMetrics.Of([new ComparedTask(TaskRole.General, 45, 50, [40, 60]),
            new ComparedTask(TaskRole.Domain, 70, 20, [80, 30])]);
        Assert.Equal(((45 - 50) + (70 - 55)) / 2.0, metrics.MacroGain);
        Assert.Equal(((45 - 60) + (70 - 80)) / 2.0, metrics.MacroOutperformGap);
        Assert.Equal(115 / 140.0, metrics.OracleRetentionPooled);
        Assert.Equal(((45 / 60.0) + (70 / 80.0)) / 2, metrics.OracleRetentionMean);
        Assert.Equal(45 / 50.0, metrics.Retention);
        Assert.Equal((70 - 20) / (80 - 20.0), metrics.GainKept);
    }

    [Fact]
    public void MacroGain_OfAnyScores_IsAtLeastMacroOutperformGap() =>
        Assert.All(Draws(), tasks => Assert.True(MergeMetrics.Of(tasks).MacroGain >= MergeMetrics.Of(tasks).MacroOutperformGap));

    [Fact]
    public void OracleRetentionPooled_OfAnyScores_IsBelowOneJustWhenTheGapIsBelowZero() =>
        Assert.All(Draws(),
            tasks => Assert.Equal(MergeMetrics.Of(tasks).MacroOutperformGap < 0, MergeMetrics.Of(tasks).OracleRetentionPooled < 1));

    [Fact]
    public void Of_AMergeThatIsTheBestOnEachTask_HasNoGapAndKeepsAll() =>
        Assert.All(Draws(), tasks =>
        {
            MergeMetrics metrics = MergeMetrics.Of([.. tasks.Select(task => task with { Merged = task.Best })]);
            Assert.Equal(0, metrics.MacroOutperformGap, 1e-12);
            Assert.Equal(1, metrics.OracleRetentionPooled, 1e-12);
            Assert.Equal(1, metrics.OracleRetentionMean, 1e-12);
        });

    [Fact]
    public void Of_AMergeThatIsTheBase_KeepsAllThatIsGeneralAndNoGain() =>
        Assert.All(Draws(), tasks =>
        {
            MergeMetrics metrics = MergeMetrics.Of([.. tasks.Select(task => task with { Merged = task.Base })]);
            Assert.Equal(1, metrics.Retention, 1e-12);
            Assert.True(double.IsNaN(metrics.GainKept) || Math.Abs(metrics.GainKept) < 1e-12);
        });

    [Fact]
    public void Of_TasksInAnotherOrder_IsTheSame() =>
        Assert.All(Draws(), tasks => Assert.All(
            MergeMetrics.Of(tasks).Values.Zip(MergeMetrics.Of([.. tasks.AsEnumerable().Reverse()]).Values),
            pair => Assert.Equal(pair.First, pair.Second, 1e-9)));

    [Fact]
    public void GainKept_WithTasksOfOtherDomains_LeavesThemOut()
    {
        MergeMetrics metrics = MergeMetrics.Of([new ComparedTask(TaskRole.Domain, 60, 20, [70]),
            new ComparedTask(TaskRole.Other, 5, 40, [10])]);
        Assert.Equal((60 - 20) / (70 - 20.0), metrics.GainKept);
        Assert.Equal(((60 - 70) + (5 - 40)) / 2.0, metrics.MacroOutperformGap);
    }

    [Fact]
    public void Of_ASingleExpert_CountsTheBaseAsAConstituent() =>
        Assert.Equal(MergeMetrics.Of([new ComparedTask(TaskRole.Domain, 50, 40, [60])]).MacroGain,
            MergeMetrics.Of([new ComparedTask(TaskRole.Domain, 50, 0, [40, 60])]).MacroGain);

    [Fact]
    public void OracleRetentionMean_WhenNoConstituentScores_LeavesTheTaskOut()
    {
        MergeMetrics metrics = MergeMetrics.Of([new ComparedTask(TaskRole.Domain, 5, 0, [0, 0]),
            new ComparedTask(TaskRole.Domain, 30, 10, [40, 20])]);
        Assert.Equal(0.75, metrics.OracleRetentionMean);
    }

    private static List<ComparedTask[]> Draws() => [.. Enumerable.Range(0, 50).Select(_ =>
        Enumerable.Range(0, 6)
            .Select(task => new ComparedTask(task < 2 ? TaskRole.General : TaskRole.Domain, Score(), Score(), [Score(), Score(), Score()]))
            .ToArray())];

    private static double Score() => 1 + (99 * _random.NextDouble());
}
