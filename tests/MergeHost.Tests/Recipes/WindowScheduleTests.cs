using MergeHost.Recipes;

namespace MergeHost.Tests.Recipes;

public sealed class WindowScheduleTests
{
    // 1 − √x at the eighths, by hand.
    [Fact]
    public void Weights_OfMinusSqrt_AreTheDifferencesOfTheDecay() => AssertNear(
        [0.353553, 0.146447, 0.112372, 0.094734, 0.083462, 0.075456, 0.069388, 0.064586], Weights("minus_sqrt", 8));

    [Theory]
    [InlineData("uniform")]
    [InlineData("linear")]
    public void Weights_OfALinearDecay_AreEqual(string name) => AssertNear([0.2, 0.2, 0.2, 0.2, 0.2], Weights(name, 5));

    [Fact]
    public void Weights_OfEma_AreThoseOfTheRecursion()
    {
        double[] expected = [1, 0, 0, 0];
        for (int j = 1; j < 4; j++)
        {
            expected = [.. expected.Select((weight, i) => (0.7 * weight) + (i == j ? 0.3 : 0))];
        }

        AssertNear(expected, WindowSchedule.Of("ema", 0.3)!.Weights(4));
    }

    [Fact]
    public void Weights_OfEverySchedule_SumToOne() =>
        Assert.All(WindowSchedule.Names,
            name => Assert.All(new[] { 1, 2, 7, 100 }, count => Assert.Equal(1, Weights(name, count).Sum(), 1e-12)));

    private static IReadOnlyList<double> Weights(string name, int count) => WindowSchedule.Of(name, 0.2)!.Weights(count);

    private static void AssertNear(double[] expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }
}
