using MergeHost.Plugins.Sparse;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class ConsensusStrategyTests : MergeStrategyContract<ConsensusStrategy>
{
    // Owners: both; the second alone; both of opposite signs; none of them.
    [Fact]
    public void Merge_OfTwoTasks_KeepsWhatBothOwn() => StrategyLaws.AssertNear(
        [13, 10, 9, 10], Merge(Some.Group([10, 10, 10, 10], [11, 10.1f, 11, 10], [12, 15, 8, 10]), new ConsensusOptions()), 1e-6f);

    [Fact]
    public void Merge_AgreesWithTheFormulaInFloat64()
    {
        TensorValues values = Some.Group([40, 30], sources: 5);
        float[] merged = Merge(values, new ConsensusOptions { Kappa = 0.3, Owners = 3, Lambda = 0.7 });
        for (int i = 0; i < merged.Length; i++)
        {
            double[] taskVectors = [.. values.Sources.Select(source => (double)(source[i] - values.Base[i]))];
            bool isKept = taskVectors.Count(x => Math.Abs(x) > 0.3 * Math.Abs(taskVectors.Sum() - x)) >= 3;
            Assert.Equal(values.Base[i] + (isKept ? 0.7 * taskVectors.Sum() : 0), merged[i], 1e-6 * Math.Max(1, Math.Abs(merged[i])));
        }
    }

    [Fact]
    public void Merge_WithoutOwners_IsTheSumOfTaskVectors()
    {
        TensorValues values = Some.Group([1, 2], [2, 2], [1, 5]);
        StrategyLaws.AssertNear([2, 5], Merge(values, new ConsensusOptions { Owners = 0 }), 1e-6f);
    }

    [Fact]
    public void Merge_OfNaN_ShowsIt() => Assert.True(float.IsNaN(Merge(Some.Group([1], [float.NaN], [2]), new ConsensusOptions())[0]));
}

public sealed class MagmaxStrategyTests : MergeStrategyContract<MagmaxStrategy>
{
    [Fact]
    public void Merge_OfSeveral_TakesTheLargestOfEach() =>
        Assert.Equal([13f, 6, 11, 10], Merge(Some.Group([10, 10, 10, 10], [13, 11, 11, 10], [8, 6, 9, 10]), new MagmaxOptions()));

    [Fact]
    public void Merge_OfOneSource_IsThatSource()
    {
        TensorValues values = Some.Group([64], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new MagmaxOptions()), 1e-6f);
    }

    [Fact]
    public void Merge_WithWeights_ComparesWhatIsWeighted()
    {
        TensorValues values = Some.Group([0], [3], [2]) with
        {
            SourceOptions = [new MagmaxOptions { Weight = 1 }, new MagmaxOptions { Weight = -2 }]
        };
        Assert.Equal([-2f], Merge(values, new MagmaxOptions { Lambda = 0.5 }));
    }

    [Fact]
    public void Merge_OfNaN_ShowsIt() => Assert.True(float.IsNaN(Merge(Some.Group([1], [float.NaN], [2]), new MagmaxOptions())[0]));
}

public sealed class CabsStrategyTests : MergeStrategyContract<CabsStrategy>
{
    // Of four each takes one: the first its 9, the second its 5, since the 8 is taken; of the last three, one each.
    [Fact]
    public void Merge_OfTwo_GivesEachElementsOfItsOwn() => Assert.Equal(
        [0f, 9, 5, 0, 7, 0, 3],
        Merge(Some.Group(new float[7], [1, 9, 2, 3, 7, 1, 2], [4, 8, 5, 1, 6, 0, 3]), new CabsOptions { N = 1, M = 4 }));

    [Fact]
    public void Merge_OfEqualMagnitudes_TakesTheLowestIndex() =>
        Assert.Equal([2f, -2, 0, 0], Merge(Some.Group(new float[4], [2, -2, 2, -2]), new CabsOptions { N = 2, M = 4 }));

    [Fact]
    public void Merge_AtNEqualToM_IsTheFirstSource()
    {
        TensorValues values = Some.Group([5, 30], sources: 2);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new CabsOptions { N = 8, M = 8 }), 1e-6f);
    }

    [Fact]
    public void Merge_AgreesWithTheFormulaInFloat64()
    {
        TensorValues values = Some.Group([6, 50], sources: 3);
        float[] merged = Merge(values, new CabsOptions { N = 4, M = 16, Lambda = 0.5 });
        double[] expected = [.. values.Base.Select(x => (double)x)];
        foreach (int[] run in Enumerable.Range(0, 6)
            .SelectMany(row => Enumerable.Range(0, 50).Select(column => (row * 50) + column).Chunk(16)))
        {
            HashSet<int> taken = [];
            foreach (float[] source in values.Sources)
            {
                int[] own = [.. run.Where(i => !taken.Contains(i)).OrderByDescending(i => Math.Abs(source[i] - values.Base[i]))
                    .ThenBy(i => i).Take((int)Math.Ceiling(4 * run.Length / 16.0))];
                taken.UnionWith(own);
                Array.ForEach(own, i => expected[i] += 0.5 * (source[i] - values.Base[i]));
            }
        }

        Assert.All(expected.Zip(merged), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Merge_WhenMoreAreKeptThanThereAre_IsRefused() =>
        Assert.Throws<MergeException>(() => Merge(Some.Group([1], [2]), new CabsOptions { N = 9, M = 8 }));
}

public sealed class PcbStrategyTests : MergeStrategyContract<PcbStrategy>
{
    // Of 20,000 numbers two are cut off from below and three from above; of few the largest alone.
    [Theory]
    [InlineData(5, 20, 2, 0.1)]
    [InlineData(10, 30, 3, 0.5)]
    [InlineData(10, 2000, 2, 0.1)]
    public void Merge_AgreesWithTheFormulaInFloat64(int rows, int columns, int sources, double ratio)
    {
        TensorValues values = Some.Group([rows, columns], sources);
        double[][] taskVectors = [.. values.Sources.Select(source => source.Zip(values.Base, (x, y) => (double)(x - y)).ToArray())];
        double[] expected = Formula(taskVectors, ratio);
        float[] merged = Merge(values, new PcbOptions { Ratio = ratio, Lambda = 0.7 });
        Assert.All(expected.Index(), value => Assert.Equal(values.Base[value.Index] + (0.7 * value.Item), merged[value.Index], 1e-5));
    }

    [Fact]
    public void Merge_OfOneSource_MovesWhatMattersMostAsFarAsTheSourceDid()
    {
        TensorValues values = Some.Group([4, 5], sources: 1) with { Base = new float[20] };
        int[] largest = [.. Enumerable.Range(0, 20).OrderByDescending(i => Math.Abs(values.Sources[0][i])).Take(5)];
        float[] merged = Merge(values, new PcbOptions { Ratio = 0.25 });

        // The fifth gets the share 0, as have all below it.
        Assert.All(merged.Index(), value => Assert.Equal(largest.Take(4).Contains(value.Index), value.Item != 0));
    }

    [Fact]
    public void Merge_OfNaN_ShowsIt() => Assert.True(float.IsNaN(Merge(Some.Group([1, 1], [float.NaN, 3], [2, 4]), new PcbOptions())[0]));

    private static double[] Formula(double[][] taskVectors, double ratio)
    {
        int n = taskVectors[0].Length;
        double[] sum = [.. Enumerable.Range(0, n).Select(i => taskVectors.Sum(taskVector => taskVector[i]))];
        double[] numerator = new double[n];
        double[] denominator = new double[n];
        foreach (double[] taskVector in taskVectors)
        {
            double[] sorted = [.. taskVector.Select(Math.Abs).Order()];
            (double least, double largest) = (sorted[(int)(n * 1e-4)], sorted[(int)(n * (1 - 1e-4)) - 1]);
            double[] magnitudes = [.. taskVector.Select(x => Math.Clamp(Math.Abs(x), least, largest))];
            double[] beta = [.. magnitudes.Select((x,
                i) => Math.Exp(taskVectors.Length * Math.Pow((x - least) / (largest - least), 2)) * Math.Tanh(taskVector[i] * sum[i]))];
            double[] ordered = [.. beta.Order()];
            (double low, double high) = (ordered[(int)(n * (1 - ratio))], ordered[n - 1]);
            for (int i = 0; i < n; i++)
            {
                double share = (Math.Clamp(beta[i], low, high) - low) / (high - low);
                numerator[i] += share * Math.Sign(taskVector[i]) * magnitudes[i];
                denominator[i] += share;
            }
        }

        return [.. numerator.Zip(denominator, (x, y) => x / Math.Max(y, 1e-12))];
    }
}
