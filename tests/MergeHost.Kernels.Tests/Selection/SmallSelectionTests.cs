using MergeHost.Kernels.Selection;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Tests.Selection;

public sealed class SmallSelectionTests
{
    public static TheoryData<string> Names => [.. SelectionOracle.Values.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Select_OfAnyValues_CutsWhereAStableSortDoes(string name)
    {
        float[] values = SelectionOracle.Values[name];
        Assert.All(
            SelectionOracle.Counts(values), k => Assert.Equal(SelectionOracle.Cut(values, k), SmallSelection.Select(values, k)));
    }

    [Fact]
    public void Select_OfNone_KeepsNotEvenAnInfinity()
    {
        MagnitudeCut cut = SmallSelection.Select([1, float.PositiveInfinity], 0);
        Assert.Equal(new MagnitudeCut(float.PositiveInfinity, 0), cut);
        Assert.False(cut.Keeps(float.PositiveInfinity, 1));
    }

    [Fact]
    public void Select_FromNothing_KeepsNothing() => Assert.Equal(0, SmallSelection.Select([], 0).TieEnd);

    [Theory]
    [InlineData(0, new float[] { 0, 0, 0, 0, float.NaN })]
    [InlineData(2, new float[] { -3, 0, 2, 0, float.NaN })]
    [InlineData(5, new float[] { -3, 1, 2, -2, float.NaN })]
    public void Trim_KeepsTheLargestAndHidesNoNaN(int k, float[] expected)
    {
        float[] values = [-3, 1, 2, -2, float.NaN];
        SmallSelection.Trim(values, k);
        Assert.Equal(expected, values);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Select_OfMoreThanThereAre_IsRefused(int k) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(k), () => SmallSelection.Select([1, 2], k));
}
