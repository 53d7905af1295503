using MergeHost.Strategies;

namespace MergeHost.Tests.Strategies;

public sealed class StatisticTests
{
    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void TopK_OfNoShare_IsRefused(double density) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(density), () => Statistic.TopK(Operand.Base, density));

    // The upper triangle over base and sources, or over task vectors.
    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(2, 6, 3)]
    [InlineData(4, 15, 10)]
    public void Gram_OfSources_HasASumForEachPair(int sources, int withBase, int ofTaskVectors)
    {
        Assert.Equal(withBase, Statistic.GramWithBase(sources).Terms);
        Assert.Equal(ofTaskVectors, Statistic.GramOfTaskVectors(sources).Terms);
    }

    [Fact]
    public void Measure_OfNothing_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Treatment.Measure([], _ => Treatment.CopyBase()));

    [Fact]
    public void Measurements_OfAStatisticThatWasNotAskedFor_AreNotThere()
    {
        TopKStatistic asked = Statistic.TopK(Operand.Base, 0.5);
        Measurements measurements = new(new Dictionary<Statistic, object> { [asked] = new MagnitudeCut(1, 2) });
        Assert.Equal(new MagnitudeCut(1, 2), measurements.Of(asked));
        Assert.Throws<KeyNotFoundException>(() => measurements.Of(Statistic.TopK(Operand.Base, 0.5)));
    }

    [Fact]
    public void Operand_TellsWhoseElementsItMeans()
    {
        Assert.Equal((null, false), (Operand.Base.SourceIndex, Operand.Base.SubtractsBase));
        Assert.Equal((2, false), (Operand.Source(2).SourceIndex, Operand.Source(2).SubtractsBase));
        Assert.Equal((2, true), (Operand.TaskVector(2).SourceIndex, Operand.TaskVector(2).SubtractsBase));
        Assert.NotEqual(Operand.Source(0), Operand.TaskVector(0));
    }
}
