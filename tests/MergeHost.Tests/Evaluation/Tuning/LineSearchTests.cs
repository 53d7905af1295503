using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Tuning;
using MergeHost.Storage.Text;

namespace MergeHost.Tests.Evaluation.Tuning;

public class LineSearchTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.4)]
    [InlineData(0.73)]
    [InlineData(0.95)]
    public void Run_OnAParabola_FindsItsMinimumInSevenLooks(double minimum)
    {
        List<double> looks = Run(0, 1, x => [Square(x - minimum)]);
        Assert.InRange(looks.Count, 5, 7);
        Assert.Equal(minimum, looks.MinBy(x => Square(x - minimum)), 2e-3);
    }

    [Fact]
    public void Run_OnSeveralLosses_FindsWhereTheLargestIsSmallest()
    {
        // 2(x − 0.2)² and (x − 0.9)² cross at 0.49.
        double Worst(double x) => Math.Max(2 * Square(x - 0.2), Square(x - 0.9));
        double crossing = (0.9 + (0.2 * Math.Sqrt(2))) / (1 + Math.Sqrt(2));
        List<double> looks = Run(0, 1, x => [2 * Square(x - 0.2), Square(x - 0.9)]);
        Assert.Equal(crossing, looks.MinBy(Worst), 5e-3);
    }

    [Fact]
    public void Run_OnALossThatIsNoParabola_ComesCloserByItsSections()
    {
        double Loss(double x) => Math.Abs(x - 0.31);
        List<double> looks = Run(0, 1, x => [Loss(x)]);
        Assert.True(looks.Min(Loss) < 0.06, $"{looks.Min(Loss)}");
        Assert.Equal(looks.Count, looks.Distinct().Count());
    }

    [Fact]
    public void Run_BetweenOtherBounds_StaysInThem() => Assert.All(Run(-2, 3, x => [x]), x => Assert.InRange(x, -2, 3));

    private static List<double> Run(double low, double high, Func<double, double[]> losses)
    {
        List<double> looks = [];
        LineSearch.Run(new Coefficient("lambda", new YamlScalar("", true, new TextPlace("", 1, 1)), low, high), x =>
        {
            looks.Add(x);
            return losses(x);
        });
        return looks;
    }

    private static double Square(double x) => x * x;
}
