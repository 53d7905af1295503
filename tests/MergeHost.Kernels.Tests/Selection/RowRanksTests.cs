using MergeHost.Kernels.Selection;

namespace MergeHost.Kernels.Tests.Selection;

public sealed class RowRanksTests
{
    private readonly RowRanks _ranking = new();

    public static TheoryData<string> Names => [.. SelectionOracle.Values.Keys];

    // One object serves all rows: what an earlier one left must not show.
    [Theory]
    [MemberData(nameof(Names))]
    public void Fill_OfAnyValues_GivesThoseThatAgreeInTheirUpperBitsTheMeanOfTheirRanks(string name)
    {
        float[] values = SelectionOracle.Values[name];
        foreach (int length in new[] { values.Length, values.Length / 3, 2, values.Length }
            .Where(length => length > 1 && length <= values.Length))
        {
            uint[] upper = [.. values[..length].Select(value => (BitConverter.SingleToUInt32Bits(value) & 0x7FFF_FFFF) >> 18)];
            uint[] sorted = [.. upper.Order()];
            ILookup<uint, int> places = Enumerable.Range(0, length).ToLookup(rank => sorted[rank]);
            float[] ranks = new float[length];
            _ranking.Fill(values.AsSpan(0, length), ranks);
            Assert.Equal(upper.Select(bin => (float)(places[bin].Average() * (1.0 / (length - 1)))), ranks);
        }
    }

    [Fact]
    public void Fill_OfValuesThatDiffer_RunsFromZeroToOneByMagnitude()
    {
        float[] ranks = new float[5];
        _ranking.Fill([-3, 1, 2, 0, 1e-40f], ranks);
        Assert.Equal([1, 0.5f, 0.75f, 0.125f, 0.125f], ranks);
    }

    [Fact]
    public void Fill_OfEqualValues_IsAHalfForEach()
    {
        float[] ranks = new float[40];
        _ranking.Fill(Enumerable.Repeat(-0.25f, 40).ToArray(), ranks);
        Assert.All(ranks, rank => Assert.Equal(0.5f, rank));
    }

    [Fact]
    public void Fill_OfOneValue_IsAHalf()
    {
        float[] ranks = new float[1];
        _ranking.Fill([7], ranks);
        Assert.Equal([0.5f], ranks);
        _ranking.Fill([], []);
    }
}
