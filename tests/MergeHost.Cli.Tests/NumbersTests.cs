using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Tests;

/// <summary>Results of benchmarks as people read them.</summary>
public class NumbersTests
{
    [Fact]
    public void Task_OfAShareAndOfWhatIsInPercentAlready_IsInPercentOnce()
    {
        Assert.Equal("53.3 ±2.0", Numbers.Task(new TaskSummary("t", "acc", true, 0.533, 0.513, 0.553, 100, HigherIsBetter: true)));
        Assert.Equal("5.3 ±0.2",
            Numbers.Task(new TaskSummary("t", "bleu", true, 5.33, 5.13, 5.53, 100, HigherIsBetter: true) { IsPercent = true }));
        Assert.Equal("114.58 ±2.0",
            Numbers.Task(new TaskSummary("t", "ter", true, 114.58, 112.58, 116.58, 100, HigherIsBetter: false) { IsPercent = true }));
    }
}
