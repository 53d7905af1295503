using MergeHost.Plugins.Slerp;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class SlerpStrategyTests : MergeStrategyContract<SlerpStrategy>
{
    [Fact]
    public void Merge_AtItsEnds_IsOneModelOrTheOtherBitForBit()
    {
        TensorValues values = Some.Group([-0f, 1, float.NaN, float.PositiveInfinity], [2, -0f, 1, float.NaN]);
        Assert.Equal(Bits(values.Base), Bits(Merge(values, new SlerpOptions { T = 0 })));
        Assert.Equal(Bits(values.Sources[0]), Bits(Merge(values, new SlerpOptions { T = 1 })));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.75)]
    [InlineData(-0.25)]
    [InlineData(1.5)]
    public void Merge_BetweenItsEndsAndBeyond_IsTheFormulaInFloat64(double t)
    {
        TensorValues values = Apart();
        float[] other = values.Sources[0];
        double angle = Math.Acos(Dot(values.Base, other) / Math.Sqrt(Dot(values.Base, values.Base) * Dot(other, other)));
        (double a, double b) = (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle));
        IEnumerable<float> expected = values.Base.Zip(other, (x, y) => (float)((a * x) + (b * y)));
        StrategyLaws.AssertNear(expected, Merge(values, new SlerpOptions { T = t }), 2e-6f);
    }

    // On the arc between (1, 0) and (0, 1) the length stays one: half-way lies (√½, √½), where the straight line has (½, ½).
    [Fact]
    public void Merge_OfVectorsOfOneLength_KeepsIt()
    {
        TensorValues values = Some.Group([1, 0], [0, 1]);
        Assert.Equal([MathF.Sqrt(0.5f), MathF.Sqrt(0.5f)], Merge(values, new SlerpOptions { T = 0.5 }));
        StrategyLaws.AssertNear([MathF.Sqrt(3) / 2, 0.5f], Merge(values, new SlerpOptions { T = 1.0 / 3 }), 1e-7f);
    }

    [Fact]
    public void Merge_TurnedRound_ComesFromTheOtherEnd()
    {
        TensorValues values = Apart();
        TensorValues turned = values with { Base = values.Sources[0], Sources = [values.Base] };
        StrategyLaws.AssertNear(Merge(values, new SlerpOptions { T = 0.3 }), Merge(turned, new SlerpOptions { T = 0.7 }), 1e-6f);
    }

    [Fact]
    public void Merge_OfIdenticalModels_IsThatModel()
    {
        TensorValues values = Apart();
        StrategyLaws.AssertNear(values.Base, Merge(values with { Sources = [values.Base] }, new SlerpOptions { T = 0.3 }), 3e-7f);
    }

    // Neither has an angle to go by: the straight line is taken.
    [Theory]
    [InlineData(2f, 0.25, 1.25f)]
    [InlineData(-1f, 0.25, 0.5f)]
    [InlineData(-1f, 0.5, 0f)]
    public void Merge_OfCollinearOrOppositeVectors_IsTheStraightLine(float factor, double t, float expected)
    {
        float[] a = [1, 2, -3];
        Assert.Equal(
            a.Select(value => expected * value),
            Merge(Some.Group(a, [.. a.Select(value => factor * value)]), new SlerpOptions { T = t }));
    }

    // A zero vector stands at right angles to everything, as in mergekit.
    [Fact]
    public void Merge_WithAZeroVector_GoesAQuarterTurn()
    {
        StrategyLaws.AssertNear(
            [MathF.Sqrt(2), MathF.Sqrt(0.5f)], Merge(Some.Group([0, 0], [2, 1]), new SlerpOptions { T = 0.5 }), 1e-6f);
        StrategyLaws.AssertNear([MathF.Sqrt(3), 0], Merge(Some.Group([2, 0], [0, 0]), new SlerpOptions { T = 1.0 / 3 }), 1e-6f);
        Assert.Equal([0f, 0f], Merge(Some.Group([0, 0], [0, 0]), new SlerpOptions { T = 0.5 }));
    }

    [Fact]
    public void Merge_OfNaN_ShowsItInTheResult() =>
        Assert.True(float.IsNaN(Merge(Some.Group([1, float.NaN], [0, 1]), new SlerpOptions { T = 0.5 })[1]));

    // Not close to each other, as models trained on from one base are.
    private static TensorValues Apart() => Some.Group(Some.Group([200], seed: 1).Base, Some.Group([200], seed: 2).Base);

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static IEnumerable<uint> Bits(float[] values) => values.Select(BitConverter.SingleToUInt32Bits);
}
