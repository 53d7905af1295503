using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;

namespace MergeHost.Tests.Evaluation;

public class BootstrapTests
{
    [Fact]
    public void Intervals_OfAShare_AreAboutAsWideAsTheNormalOnes()
    {
        TaskResult result = Shares(400, 300);
        (double low, double high) = Bootstrap.Intervals(draw => [Values(result)[draw]])[0]!.Value;
        double half = 1.96 * Math.Sqrt(0.75 * 0.25 / 400);
        Assert.Equal(0.75 - half, low, 0.01);
        Assert.Equal(0.75 + half, high, 0.01);
    }

    [Fact]
    public void Intervals_OfTheDifferenceOfOneModelWithItself_AreZero()
    {
        TaskResult result = Shares(50, 20);
        Assert.Equal((0.0, 0.0), Bootstrap.Intervals(draw => [Values(result)[draw] - Values(result)[draw]])[0]);
    }

    [Fact]
    public void Intervals_OfANumberWithoutValue_AreNone() => Assert.Null(Bootstrap.Intervals(_ => [double.NaN])[0]);

    [Fact]
    public void Intervals_ComputedTwice_AreTheSame()
    {
        TaskResult result = Shares(30, 10);
        Func<(double, double)?> interval = () => Bootstrap.Intervals(draw => [Values(result)[draw]])[0];
        Assert.Equal(interval(), interval());
    }

    [Fact]
    public void Value_OfAPerplexity_IsWeighedByTokens()
    {
        TaskResult result =
            new("text", "perplexity", 0, [new ItemScore("0", -2, 1), new ItemScore("1", -3, 4)]) { Aggregation = Aggregation.Perplexity };
        Assert.Equal(Math.E, TaskScore.Value(result, [0, 1]), 1e-12);
        Assert.Equal(50, TaskScore.Of(result, 2));
    }

    [Fact]
    public void Values_AreOfAllItemsFirst_AndOfOtherDrawsForAnotherTask()
    {
        TaskResult result = Shares(30, 10);
        Assert.Equal(10 / 30.0, Values(result)[0]);
        Assert.NotEqual(Values(result), Bootstrap.Values("other", result, [.. Enumerable.Range(0, 30)]));
        Assert.Equal(1, Bootstrap.Values("task", result, [3, 4])[0]);
    }

    private static double[] Values(TaskResult result) => Bootstrap.Values("task", result, [.. Enumerable.Range(0, result.Items.Count)]);

    private static TaskResult Shares(int count, int right) =>
        new("task", "acc", (double)right / count,
            [.. Enumerable.Range(0, count).Select(item => new ItemScore($"{item}", item < right ? 1 : 0))]);
}
