using MergeHost.Kernels.Selection;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Tests.Selection;

public sealed unsafe class CandidateSelectionTests
{
    private const int Unit = 640;

    private readonly MagnitudeSelection _selection = new();

    public static TheoryData<string> Names => [.. SelectionOracle.Values.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TrySelect_WithinATrueBracket_CutsWhereAStableSortDoes(string name)
    {
        float[] values = SelectionOracle.Values[name];
        foreach (int k in SelectionOracle.Counts(values).Where(k => k > 0))
        {
            MagnitudeCut expected = SelectionOracle.Cut(values, k);
            float t = expected.Threshold;
            foreach (MagnitudeBracket bracket in new MagnitudeBracket[] { new(t, t), new(t / 1.3f, t * 1.3f),
                new(0, float.PositiveInfinity) })
            {
                Assert.Equal(expected, Select(values, k, bracket, values.Length));
            }
        }
    }

    [Fact]
    public void TrySelect_OutsideTheBracketOrWithoutRoom_SaysSo()
    {
        float[] values = [.. Enumerable.Range(1, 5000).Select(i => i % 2 == 0 ? i : (float)-i)];
        Assert.Equal(new MagnitudeCut(4001, long.MaxValue), Select(values, 1000, new MagnitudeBracket(3900, 4100), 201));
        Assert.Null(Select(values, 1000, new MagnitudeBracket(3900, 4100), 200));
        Assert.Null(Select(values, 1000, new MagnitudeBracket(3900, 4000), 5000));
        Assert.Null(Select(values, 1000, new MagnitudeBracket(4002, 4100), 5000));
    }

    // Chunks alike, chunks of very unlike size, and many equal values.
    [Theory]
    [InlineData(0, 0.3)]
    [InlineData(0, 0.01)]
    [InlineData(2, 0.3)]
    [InlineData(2, 0.9)]
    public void Estimate_ByASampleOfThePopulation_HoldsItsThreshold(double spread, double density)
    {
        Random random = new(3);
        float[][] chunks = [.. Enumerable.Range(0, 8192).Select(_ =>
        {
            float scale = (float)Math.Exp(spread * (random.NextDouble() - 0.5));
            return Floats.Normal(random.Next(), MagnitudeBracket.ChunkLength).Select(value => scale * value).ToArray();
        })];
        float[] all = [.. chunks.SelectMany(chunk => chunk)];
        float[] sample = [.. chunks.Where((_, index) => index % 64 == 5).SelectMany(chunk => chunk)];
        float threshold = SmallSelection.Select(all, (int)(density * all.Length)).Threshold;
        MagnitudeBracket bracket = MagnitudeBracket.Estimate(sample, density);
        Assert.InRange(threshold, bracket.Low, bracket.High);
        Assert.InRange(all.Count(value => Math.Abs(value) >= bracket.Low && Math.Abs(value) <= bracket.High), 0, 0.25 * all.Length);
    }

    private MagnitudeCut? Select(float[] values, int k, MagnitudeBracket bracket, int mostKept)
    {
        int units = (values.Length + Unit - 1) / Unit;
        float[] memory = GC.AllocateArray<float>(mostKept, pinned: true);
        fixed (float* kept = memory)
        {
            CandidateSelection candidates = new(bracket, units, kept, mostKept);
            Parallel.For(0, units, unit =>
            {
                ReadOnlySpan<float> all = values.AsSpan(unit * Unit, Math.Min(Unit, values.Length - (unit * Unit)));
                float[] found = new float[Unit + CandidateSelection.Slack];
                int half = all.Length / 2;
                int first = candidates.Collect(all[..half], found, out int above);
                int second = candidates.Collect(all[half..], found.AsSpan(first), out int more);
                candidates.Add(unit, found.AsSpan(0, first + second), above + more);
            });
            return candidates.TrySelect(k, _selection, new uint[MagnitudeSelection.Bins]) ? Result(values) : null;
        }
    }

    private MagnitudeCut Result(float[] values)
    {
        int first = _selection.TieUnit * Unit;
        if (_selection.Pass == 3)
        {
            _selection.FindTie(values.AsSpan(first, Math.Min(Unit, values.Length - first)));
        }

        Assert.Equal(4, _selection.Pass);
        MagnitudeCut cut = _selection.Cut;
        return cut.TieEnd == long.MaxValue ? cut : cut with { TieEnd = cut.TieEnd + first };
    }
}
