using System.Runtime.CompilerServices;
using MergeHost.Lanes;
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

    [Theory]
    [InlineData(1000, 10, 3)]
    [InlineData(10, 10, 3)]
    [InlineData(4, 0, 0)]
    public void TopKOfNonZero_KeepsItsShareOfThoseThatAreNotZero(long elements, long nonZero, long kept) =>
        Assert.Equal(kept, Statistic.TopKOfNonZero(Operand.Base, 0.3).Kept(elements, nonZero));

    [Theory]
    [InlineData(5, 5)]
    [InlineData(3, 4)]
    public void Largest_KeepsAsManyAsAskedForButNoMoreThanThereAre(long count, long elements) =>
        Assert.Equal(Math.Min(count, elements), Statistic.Largest(Operand.Base, count).Kept(elements, 0));

    [Fact]
    public void Largest_OfLessThanNothing_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Statistic.Largest(Operand.Base, -1));

    [Fact]
    public void TopK_OfAFormulaOverTheModelOrWithRanks_IsRefused()
    {
        Operand formula = Operand.Of<AnyKernel>(new KernelParameters(0, 1));
        Operand ranked = Operand.Of<AnyKernel>(new KernelParameters(0, 1) { Ranks = [Operand.Base] });
        Assert.Equal((null, false), (formula.SourceIndex, formula.SubtractsBase));
        Assert.NotNull(formula.Formula);
        Assert.Throws<ArgumentException>("operand", () => Statistic.TopK(formula, 0.5, StatisticScope.Model));
        Assert.Throws<ArgumentException>("operand", () => Statistic.TopK(ranked, 0.5));
    }

    [Fact]
    public void Rows_WithoutResults_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("results", () => Statistic.Rows(0, (in _, _) => { }));

    [Fact]
    public void Runs_WithoutResults_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("results", () => Statistic.Runs(0, (in _, _) => { }));

    [Fact]
    public void Source_OfARun_IsTheOneThatIsAskedFor()
    {
        TensorRun run = new([1, 2], [3, 4, 5, 6], 2);
        Assert.Equal([1, 2], run.Base.ToArray());
        Assert.Equal([5, 6], run.Source(1).ToArray());
    }

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

    private readonly struct AnyKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Base;
    }
}
