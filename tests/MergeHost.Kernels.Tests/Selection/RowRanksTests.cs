using MergeHost.Kernels.Selection;

namespace MergeHost.Kernels.Tests.Selection;

public sealed class RowRanksTests
{
    private readonly RowRanks _ranking = new();

    public static TheoryData<string> Names => [.. SelectionOracle.Values.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Fill_OfAnyValues_RanksAsAStableSortDoes(string name)
    {
        float[] values = SelectionOracle.Values[name];
        foreach (int length in new[] { values.Length, values.Length / 3, 2 }.Where(length => length > 1 && length <= values.Length))
        {
            float[] row = values[..length];
            float[] expected = new float[length];
            int[] order = [.. Enumerable.Range(0, length).OrderBy(i => BitConverter.SingleToUInt32Bits(row[i]) & 0x7FFF_FFFF)];
            foreach ((int rank, int place) in order.Index())
            {
                expected[place] = (float)((double)rank / (length - 1));
            }

            float[] ranks = new float[length];
            _ranking.Fill(row, ranks);
            Assert.All(expected.Zip(ranks), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
            Assert.Equal(order, Enumerable.Range(0, length).OrderBy(i => ranks[i]));
        }
    }

    [Fact]
    public void Fill_OfTheLargestAndTheSmallest_IsOneAndZero()
    {
        float[] ranks = new float[3];
        _ranking.Fill([-3, 1, 2], ranks);
        Assert.Equal([1, 0, 0.5f], ranks);
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
