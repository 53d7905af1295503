using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Tests.Lanes;

public sealed class KernelParametersTests
{
    [Fact]
    public void CopyTo_OfATable_WritesRowAfterRow()
    {
        KernelParameters parameters = new(slots: 2, sources: 3) { [0, 1] = 5, [1, 0] = 7, [1, 2] = 9 };
        Assert.Equal([0, 5, 0, 7, 0, 9], At(parameters, 0));
        Assert.Equal(long.MaxValue, parameters.NextChange(0));
    }

    [Fact]
    public void Fill_OfASlot_TakesANumberForEachSource()
    {
        KernelParameters parameters = new(slots: 2, sources: 2);
        parameters.Fill(1, [0.1, 2]);
        Assert.Equal([0, 0, 0.1f, 2], At(parameters, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => parameters.Fill(1, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => parameters.Fill(1, [1, 2, 3]));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(0, 3)]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public void Index_OutsideTheTable_IsRefused(int slot, int source)
    {
        KernelParameters parameters = new(slots: 2, sources: 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => parameters[slot, source]);
        Assert.Throws<ArgumentOutOfRangeException>(() => parameters[slot, source] = 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => parameters.Set(slot, source, new MagnitudeCut(1, 1)));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    public void Table_OfNoSize_IsRefused(int slots, int sources) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KernelParameters(slots, sources));

    [Fact]
    public void Set_OfACutWithAnEdge_DropsTiesFromThereOn()
    {
        KernelParameters parameters = new(slots: 2, sources: 2) { [0, 0] = 3 };
        parameters.Set(1, 1, new MagnitudeCut(0.5f, 10));
        Assert.Equal([3, 0, 0, 0.5f], At(parameters, 0));
        Assert.Equal([3, 0, 0, 0.5f], At(parameters, 9));
        Assert.Equal([3, 0, 0, MathF.BitIncrement(0.5f)], At(parameters, 10));
        Assert.Equal((10, 10, long.MaxValue), (parameters.NextChange(0), parameters.NextChange(9), parameters.NextChange(10)));
    }

    [Theory]
    [InlineData(0.5f, long.MaxValue, 0.5f)]
    [InlineData(0f, long.MaxValue, 0f)]
    [InlineData(float.PositiveInfinity, 0, float.PositiveInfinity)]
    public void Set_OfACutWithoutAnEdge_ChangesNowhere(float threshold, long tieEnd, float expected)
    {
        KernelParameters parameters = new(slots: 1, sources: 1);
        parameters.Set(0, 0, new MagnitudeCut(threshold, tieEnd));
        Assert.Equal([expected], At(parameters, 0));
        Assert.Equal([expected], At(parameters, 1L << 60));
        Assert.Equal(long.MaxValue, parameters.NextChange(-1));
    }

    [Fact]
    public void Set_OfSeveralCuts_ChangesAtEachEdge()
    {
        KernelParameters parameters = new(slots: 1, sources: 3);
        parameters.Set(0, 0, new MagnitudeCut(1, 20));
        parameters.Set(0, 1, new MagnitudeCut(2, 5));
        parameters.Set(0, 2, new MagnitudeCut(3, 20));
        Assert.Equal(
            (5, 20, 20, long.MaxValue),
            (parameters.NextChange(0), parameters.NextChange(5), parameters.NextChange(19), parameters.NextChange(20)));
        Assert.Equal([1, 2, 3], At(parameters, 4));
        Assert.Equal([1, MathF.BitIncrement(2), 3], At(parameters, 5));
        Assert.Equal([MathF.BitIncrement(1), MathF.BitIncrement(2), MathF.BitIncrement(3)], At(parameters, 20));
    }

    [Fact]
    public void Set_OfAPlaceThatHasACut_ReplacesIt()
    {
        KernelParameters parameters = new(slots: 1, sources: 2);
        parameters.Set(0, 0, new MagnitudeCut(1, 5));
        parameters.Set(0, 0, new MagnitudeCut(2, 8));
        Assert.Equal(8, parameters.NextChange(0));
        Assert.Equal([2, 0], At(parameters, 7));
        parameters[0, 0] = 4;
        Assert.Equal(long.MaxValue, parameters.NextChange(0));
        Assert.Equal([4, 0], At(parameters, 100));
    }

    // What a kernel asks, |x| < P, must drop what the cut does not keep.
    [Theory]
    [InlineData(0.5f, 3)]
    [InlineData(0f, 2)]
    [InlineData(0f, long.MaxValue)]
    [InlineData(float.Epsilon, 4)]
    [InlineData(float.MaxValue, 1)]
    [InlineData(float.PositiveInfinity, 0)]
    public void Set_OfAnyCut_DropsWhatItDoesNotKeep(float threshold, long tieEnd)
    {
        MagnitudeCut cut = new(threshold, tieEnd);
        KernelParameters parameters = new(slots: 1, sources: 1);
        parameters.Set(0, 0, cut);
        foreach (float value in new[] { 0, -0f, float.Epsilon, 0.25f, 0.5f, -0.5f, 0.75f, float.MaxValue })
        {
            for (long index = 0; index < 6; index++)
            {
                Assert.Equal(cut.Keeps(value, index), !(MathF.Abs(value) < At(parameters, index)[0]));
            }
        }
    }

    private static float[] At(KernelParameters parameters, long element)
    {
        float[] values = new float[parameters.Slots * parameters.Sources];
        parameters.CopyTo(element, values);
        return values;
    }

    [Fact]
    public void SetRows_GivesEachRowItsNumberAndChangesBetweenRows()
    {
        KernelParameters parameters = new(1, 2) { [0, 0] = 7 };
        parameters.SetRows(0, 1, [1, 2, 3], rowLength: 10);
        float[] table = new float[2];
        parameters.CopyTo(19, table);
        Assert.Equal([7, 2], table);
        Assert.Equal((10, 20), (parameters.NextChange(0), parameters.NextChange(10)));
        parameters[0, 1] = 5;
        parameters.CopyTo(19, table);
        Assert.Equal([7, 5], table);
        Assert.Equal(long.MaxValue, parameters.NextChange(0));
    }

    [Fact]
    public void SetRows_OfRowsWithoutElements_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("rowLength", () => new KernelParameters(1, 1).SetRows(0, 0, [], 0));
}
