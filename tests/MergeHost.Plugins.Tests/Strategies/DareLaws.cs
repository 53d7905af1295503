using MergeHost.Plugins.Dare;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>What both DARE strategies must keep.</summary>
public abstract class DareLaws<TStrategy> : MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    private const int Elements = 256;
    private const int Seeds = 400;
    private const double Density = 0.3;

    // A task vector from 1 to 2: an element that is dropped can be told from one that survives.
    private static readonly float[] _taskVector = [.. Enumerable.Range(0, Elements).Select(i => 1 + ((float)i / Elements))];

    private static TensorValues Values => Some.Group(new float[Elements], _taskVector);

    protected override object ValidOptions => new DareOptions { Weight = 0.5, Density = 0.5 };

    // One element: mean 1 and deviation √(0.7 / 0.3) = 1.53 of the task vector; over 400 seeds 0.076, over all elements 0.005.
    [Theory]
    [InlineData(RescaleBy.Norm)]
    [InlineData(RescaleBy.Density)]
    public void Merge_OverManySeeds_HasTheTaskVectorAsItsMean(RescaleBy rescaleBy)
    {
        DareOptions options = new() { Weight = 1, Density = Density, RescaleBy = rescaleBy };
        double[] mean = new double[Elements];
        for (int seed = 0; seed < Seeds; seed++)
        {
            mean = [.. mean.Zip(Merge(Values, options, seed), (sum, value) => sum + ((double)value / Seeds))];
        }

        Assert.All(mean.Zip(_taskVector), pair => Assert.InRange(pair.First / pair.Second, 1 - 0.4, 1 + 0.4));
        Assert.InRange(mean.Sum() / _taskVector.Sum(), 1 - 0.025, 1 + 0.025);
    }

    // Of 102,400 elements 30,720 survive, give or take 5 · 147.
    [Fact]
    public void Merge_OverManySeeds_KeepsTheShareThatIsAskedFor()
    {
        DareOptions options = new() { Weight = 1, Density = Density, Rescale = false };
        int kept = Enumerable.Range(0, Seeds).Sum(seed => Merge(Values, options, seed).Count(value => value != 0));
        Assert.InRange(kept, 30_720 - 735, 30_720 + 735);
    }

    [Fact]
    public void Merge_WithoutRescale_KeepsSurvivorsAsTheyAre()
    {
        float[] merged = Merge(Values, new DareOptions { Weight = 1, Density = Density, Rescale = false });
        Assert.All(merged.Zip(_taskVector), pair => Assert.True(pair.First == 0 || pair.First == pair.Second));
    }

    [Fact]
    public void Merge_WithRescaleByDensity_DividesSurvivorsByIt()
    {
        float[] merged = Merge(Values, new DareOptions { Weight = 1, Density = 0.25, RescaleBy = RescaleBy.Density });
        Assert.All(merged.Zip(_taskVector), pair => Assert.True(pair.First == 0 || pair.First == 4 * pair.Second));
    }

    [Fact]
    public void Merge_WithRescaleByNorm_KeepsTheSumOfMagnitudes()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(_taskVector.Sum(), Merge(Values, new DareOptions { Weight = 1, Density = Density }, seed).Sum(), 1e-3f);
        }
    }

    [Fact]
    public void Merge_WithTheSameSeed_GivesTheSameBitsAndWithAnotherOthers()
    {
        DareOptions options = new() { Weight = 1, Density = Density };
        Assert.Equal(Merge(Values, options, seed: 5), Merge(Values, options, seed: 5));
        Assert.NotEqual(Merge(Values, options, seed: 5), Merge(Values, options, seed: 6));
    }

    // Of two sources with independent masks 9 % of the elements survive in both, 49 % in neither.
    [Fact]
    public void Merge_OfTwoSources_DropsOtherElementsOfEach()
    {
        float[] hundred = [.. _taskVector.Select(_ => 100f)];
        float[] one = [.. _taskVector.Select(_ => 1f)];
        DareOptions options = new() { Weight = 1, Density = Density, Rescale = false };
        TensorValues values = Some.Group(new float[Elements], hundred, one);
        ILookup<float, float> results = Enumerable.Range(0, Seeds).SelectMany(seed => Merge(values, options, seed))
            .ToLookup(value => value);
        Assert.Equal([0, 1, 100, 101], results.Select(group => group.Key).Order());
        Assert.InRange(results[101].Count(), 9216 - 460, 9216 + 460);
        Assert.InRange(results[0].Count(), 50_176 - 800, 50_176 + 800);
    }

    [Fact]
    public void Merge_OfAnElement_DependsOnNoOther()
    {
        DareOptions options = new() { Weight = 1, Density = Density, Rescale = false };
        TensorValues shorter = Some.Group(new float[100], _taskVector[..100]);
        Assert.Equal(Merge(Values, options, seed: 3)[..100], Merge(shorter, options, seed: 3));
    }
}
