using MergeHost.Evaluation.Tuning;

namespace MergeHost.Tests.Evaluation.Tuning;

/// <summary>CMA-ES on functions whose minimum is known.</summary>
public class CmaEsTests
{
    [Fact]
    public void Run_OnASphere_FindsItsMiddle() =>
        AssertFinds([0.3, 0.6, 0.5], 400, 1e-3, x => Square(x[0] - 0.3) + Square(x[1] - 0.6) + Square(x[2] - 0.5));

    [Fact]
    public void Run_OnALongAndTiltedEllipsoid_LearnsItsDirection() =>
        AssertFinds([0.4, 0.6], 600, 1e-3, x => (1000 * Square(x[0] - 0.4 + (x[1] - 0.6))) + Square(x[0] - 0.4 - (x[1] - 0.6)));

    // Rosenbrock's valley, scaled so that its minimum (1, 1) lies at 0.75.
    [Fact]
    public void Run_OnRosenbrocksValley_FollowsIt() => AssertFinds([0.75, 0.75], 2000, 1e-2, x =>
    {
        (double a, double b) = ((4 * x[0]) - 2, (4 * x[1]) - 2);
        return Square(1 - a) + (100 * Square(b - (a * a)));
    });

    [Fact]
    public void Run_WithTheMinimumOutsideTheBounds_EndsOnThem() => AssertFinds([1, 0], 600, 1e-3, x => Square(x[0] - 3) + Square(x[1] + 2));

    [Fact]
    public void Run_WithASmallBudget_KeepsToItAndToItsBounds()
    {
        List<double[]> looks = [];
        double[] best = CmaEs.Run([1 / 3.0, 1 / 3.0, 1 / 3.0], 1 / 6.0, 43, 1, x =>
        {
            looks.Add(x);
            return Square(x[0] - 0.6) + Square(x[1] - 0.2) + Square(x[2] - 0.45);
        });
        Assert.InRange(looks.Count, 30, 43);
        Assert.All(looks.SelectMany(x => x), x => Assert.InRange(x, 0, 1));
        Assert.True(Square(best[0] - 0.6) + Square(best[1] - 0.2) + Square(best[2] - 0.45) < 0.02);
    }

    [Fact]
    public void Run_WithTheSameSeed_LooksAtTheSamePoints() =>
        Assert.Equal(CmaEs.Run([0.5, 0.5], 0.2, 50, 7, x => x[0] * x[1]), CmaEs.Run([0.5, 0.5], 0.2, 50, 7, x => x[0] * x[1]));

    private static void AssertFinds(double[] minimum, int budget, double tolerance, Func<double[], double> function)
    {
        double[] found = CmaEs.Run([.. minimum.Select(_ => 0.5)], 1 / 6.0, budget, 1, function);
        Assert.All(minimum.Zip(found), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private static double Square(double x) => x * x;
}
