using MergeHost.Plugins.Geometry;
using MergeHost.Plugins.Slerp;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class NuSlerpStrategyTests : MergeStrategyContract<NuSlerpStrategy>
{
    private static readonly TensorValues _apart =
        new([8, 25], Some.Group([200], seed: 4).Base, [Some.Group([200], seed: 1).Base, Some.Group([200], seed: 2).Base]);

    [Theory]
    [InlineData(1, 3)]
    [InlineData(0.5, 0.5)]
    [InlineData(-1, 3)]
    public void Merge_WithoutABase_IsSlerpAtTheShareOfTheSecond(double first, double second)
    {
        TensorValues ends = _apart with { Base = _apart.Sources[0], Sources = [_apart.Sources[1]] };
        float[] expected = StrategyRunner.Merge(new SlerpStrategy(), ends, new SlerpOptions { T = second / (first + second) });
        StrategyLaws.AssertNear(expected, Merge(Weighed(_apart with { HasBase = false }, first, second), Options), 2e-6f);
    }

    [Fact]
    public void Merge_WithABase_IsThatOfTheTaskVectorsAddedToIt()
    {
        TensorValues taskVectors = _apart with
        {
            HasBase = false,
            Sources = [.. _apart.Sources.Select(source => source.Zip(_apart.Base, (a, b) => a - b).ToArray())]
        };
        float[] expected = [.. Merge(Weighed(taskVectors, 0.4, 0.6), Options).Zip(_apart.Base, (merged, origin) => merged + origin)];
        StrategyLaws.AssertNear(expected, Merge(Weighed(_apart, 0.4, 0.6), Options), 2e-6f);
    }

    // Rows, or columns, each by itself as a vector.
    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Merge_Unflattened_TakesEachRowOrColumnByItself(bool rowWise, bool hasBase)
    {
        NuSlerpOptions options = new() { Weight = 0, NuslerpFlatten = false, NuslerpRowWise = rowWise };
        float[] merged = Merge(Weighed(_apart with { HasBase = hasBase }, 0.4, 0.6), options);
        for (int vector = 0; vector < (rowWise ? 25 : 8); vector++)
        {
            int[] places = [.. Enumerable.Range(0, 200).Where(i => (rowWise ? i % 25 : i / 25) == vector)];
            TensorValues alone = Some.Group(Pick(_apart.Base), [.. _apart.Sources.Select(Pick)]) with { HasBase = hasBase };
            StrategyLaws.AssertNear(Merge(Weighed(alone, 0.4, 0.6), Options), Pick(merged), 2e-6f);

            float[] Pick(float[] values) => [.. places.Select(place => values[place])];
        }
    }

    [Fact]
    public void Merge_OfWeightsThatCancel_IsTheMiddle() => StrategyLaws.AssertNear(
        Merge(Weighed(_apart, 1, 1), Options), Merge(Weighed(_apart, 1, -1), Options), 1e-7f);

    [Theory]
    [InlineData(-1f, 0.5f)]
    [InlineData(2f, 1.25f)]
    public void Merge_OfOppositeOrParallelVectors_IsTheStraightLine(float factor, float expected)
    {
        float[] a = [1, 2, -3];
        TensorValues values = Some.Group(new float[3], a, [.. a.Select(value => factor * value)]) with { HasBase = false };
        StrategyLaws.AssertNear(a.Select(value => expected * value), Merge(Weighed(values, 0.75, 0.25), Options), 1e-6f);
    }

    private static NuSlerpOptions Options => new() { Weight = 0 };

    private static TensorValues Weighed(TensorValues values, double first, double second) => values with
    {
        SourceOptions = [new NuSlerpOptions { Weight = first }, new NuSlerpOptions { Weight = second }],
    };
}

public sealed class MultiSlerpStrategyTests : MergeStrategyContract<MultiSlerpStrategy>
{
    private static readonly MultiSlerpOptions _options = new() { Weight = 1 };

    // (3, 0) and (0, 4) point to (√½, √½), at a mean length of 3.5.
    [Fact]
    public void Merge_OfVectors_HasTheirMeanDirectionAndMeanLength() => StrategyLaws.AssertNear(
        [3.5f * MathF.Sqrt(0.5f), 3.5f * MathF.Sqrt(0.5f)], Merge(Some.Group([0, 0], [3, 0], [0, 4]) with { HasBase = false }, _options),
        1e-6f);

    [Theory]
    [InlineData(true, 1f)]
    [InlineData(false, 2f)]
    public void Merge_OfEqualModels_IsThatModelTimesTheirWeights(bool normalize, float factor)
    {
        TensorValues values = Some.Group([50], sources: 1);
        TensorValues twice = values with { HasBase = false, Sources = [values.Sources[0], values.Sources[0]] };
        StrategyLaws.AssertNear(values.Sources[0].Select(value => factor * value),
            Merge(twice, new MultiSlerpOptions { Weight = 1, NormalizeWeights = normalize }), 1e-6f);
    }

    [Fact]
    public void Merge_OfOneModel_IsThatModel()
    {
        TensorValues values = Some.Group([50], sources: 1);
        Assert.Equal(values.Sources[0], Merge(values, new MultiSlerpOptions { Weight = 0.2 }));
    }

    // mergekit ends the merge of three models over such a tensor.
    [Fact]
    public void Merge_OfATensorThatNobodyChanged_IsTheBase()
    {
        float[] values = [1, 2, 3];
        Assert.Equal(values, Merge(Some.Group(values, values, values, values), _options));
    }

    [Fact]
    public void Merge_OfDirectionsThatCancelOut_AddsTwoAndRefusesMore()
    {
        Assert.Equal([0.5f, 0.5f], Merge(Some.Group([0, 0], [2, 2], [-1, -1]), _options));
        MergeException exception = Assert.Throws<MergeException>(() => Merge(Some.Group([0, 0], [1, 0], [-1, 0], [1, 0], [-1, 0]),
            _options));
        Assert.Contains("cancel out", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfWeightsThatSumToZero_IsRefused()
    {
        object[] options = [new MultiSlerpOptions { Weight = 1 }, new MultiSlerpOptions { Weight = -1 }];
        Assert.Throws<MergeException>(() => Merge(Some.Group([0], [1], [2]) with { SourceOptions = options }, _options));
    }
}

public sealed class KarcherStrategyTests : MergeStrategyContract<KarcherStrategy>
{
    private static readonly KarcherOptions _exact = new() { MaxIter = 200, Tol = 1e-9 };

    // The mean of any number of vectors over their elements, by whole vectors in float64.
    [Fact]
    public void Merge_ByInnerProducts_IsWhatStepsWithWholeVectorsGive()
    {
        float[][] sources = [.. Enumerable.Range(1, 4).Select(seed => Some.Group([300], seed: seed).Base)];
        double[][] units = [.. sources.Select(source => source.Select(value => value / Length(source)).ToArray())];
        double[] mean = Normalised([.. Enumerable.Range(0, 300).Select(i => units.Average(unit => unit[i]))]);
        for (int step = 0; step < 200; step++)
        {
            double[] tangent = new double[300];
            foreach (double[] unit in units)
            {
                double cosine = unit.Zip(mean, (a, b) => a * b).Sum();
                double factor = Math.Acos(cosine) / Math.Sin(Math.Acos(cosine)) / units.Length;
                tangent = [.. tangent.Select((value, i) => value + (factor * (unit[i] - (cosine * mean[i]))))];
            }

            double distance = Math.Sqrt(tangent.Sum(value => value * value));
            mean = distance < 1e-12
                ? mean
                : Normalised([.. mean.Zip(tangent, (at, along) => (Math.Cos(distance) * at) + (Math.Sin(distance) / distance * along))]);
        }

        double length = sources.Average(Length);
        TensorValues values = new([300], new float[300], sources);
        StrategyLaws.AssertNear(mean.Select(value => (float)(length * value)), Merge(values, _exact), 2e-6f);
    }

    [Fact]
    public void Merge_OfTwoModels_LiesHalfWayOnTheArc()
    {
        StrategyLaws.AssertNear([2.5f * MathF.Sqrt(0.5f), 2.5f * MathF.Sqrt(0.5f)],
            Merge(Some.Group([0, 0], [2, 0], [0, 3]), new KarcherOptions()), 1e-6f);
    }

    [Fact]
    public void Merge_OfOneModel_IsThatModel()
    {
        TensorValues values = Some.Group([50], sources: 1);
        Assert.Equal(values.Sources[0], Merge(values, new KarcherOptions()));
    }

    // It gives no direction, but its length counts.
    [Fact]
    public void Merge_WithAZeroModel_HasTheOthersDirection() => StrategyLaws.AssertNear(
        [2, 0], Merge(Some.Group([0, 0], [3, 0], [0, 0], [3, 0]), new KarcherOptions()), 1e-6f);

    // Nearly opposite: large terms cancel out, and float32 alone would be off by 1e-5 and more.
    [Fact]
    public void Merge_OfNearlyOppositeModels_KeepsTheDigitsOfTheirSum()
    {
        float[] a = Some.Group([300], seed: 1).Base;
        float[] b = [.. a.Zip(Some.Group([300], seed: 2).Base, (value, other) => -value + (0.01f * other))];
        double[] u = Normalised([.. a.Select(value => (double)value)]);
        double[] v = Normalised([.. b.Select(value => (double)value)]);
        double[] middle = Normalised([.. u.Zip(v, (x, y) => x + y)]);
        double length = (Length(a) + Length(b)) / 2;
        float[] merged = Merge(new TensorValues([300], new float[300], [a, b]), new KarcherOptions());
        double largest = middle.Max(Math.Abs) * length;
        Assert.All(middle.Zip(merged), pair => Assert.Equal(0, ((pair.First * length) - pair.Second) / largest, 1e-6));
    }

    [Fact]
    public void Merge_OfOppositeModels_IsFinite() =>
        Assert.All(Merge(Some.Group([0, 0], [1, 2], [-1, -2]), new KarcherOptions()), value => Assert.True(float.IsFinite(value)));

    private static double Length(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static double[] Normalised(double[] values)
    {
        double length = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => value / length)];
    }
}
