using MergeHost.Kernels.Selection;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Tests.Selection;

public sealed class MagnitudeSelectionTests
{
    private readonly MagnitudeSelection _selection = new();

    public static TheoryData<string> Names => [.. SelectionOracle.Values.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Select_OfAnyValues_CutsWhereAStableSortDoes(string name)
    {
        float[] values = SelectionOracle.Values[name];
        foreach (int k in SelectionOracle.Counts(values))
        {
            Assert.Equal(SelectionOracle.Cut(values, k), Select(values, k, unit: 640));
        }
    }

    [Fact]
    public void Select_WhenTheEdgeIsAtTheBorderOfUnits_FindsItsUnit()
    {
        float[] values = [.. Enumerable.Repeat(0.5f, 300)];
        Assert.Equal(new MagnitudeCut(0.5f, 100), Select(values, 100, unit: 100));
        Assert.Equal(new MagnitudeCut(0.5f, 101), Select(values, 101, unit: 100));
        Assert.Equal(new MagnitudeCut(0.5f, 299), Select(values, 299, unit: 100));
        Assert.Equal(new MagnitudeCut(0.5f, long.MaxValue), Select(values, 300, unit: 100));
    }

    [Fact]
    public void Select_WhenUnitsHoldNoTie_PassesThemBy()
    {
        float[] values = [.. Enumerable.Repeat(1f, 20), .. Enumerable.Repeat(9f, 20), .. Enumerable.Repeat(-1f, 20)];
        Assert.Equal(new MagnitudeCut(1, 45), Select(values, 45, unit: 10));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("many ties")]
    [InlineData("with NaN like infinities")]
    public void Select_WhenThreadsCountInAnyOrder_CutsAtTheSamePlace(string name)
    {
        float[] values = SelectionOracle.Values[name];
        foreach (int k in SelectionOracle.Counts(values))
        {
            _selection.Begin(units: 50);
            while (_selection.Pass < 3)
            {
                Parallel.For(0, 4, thread =>
                {
                    uint[] counts = new uint[MagnitudeSelection.Bins];
                    for (int unit = thread; unit < 50; unit += 4)
                    {
                        Visit(values.AsSpan(100 * unit, 100), unit, counts);
                    }

                    lock (_selection)
                    {
                        _selection.Add(counts);
                    }
                });
                _selection.EndPass(k);
            }

            Assert.Equal(SelectionOracle.Cut(values, k), Result(values, 100));
        }
    }

    [Fact]
    public void Add_AfterItTookTheCounters_LeavesThemAtZero()
    {
        uint[] counts = new uint[MagnitudeSelection.Bins];
        _selection.Begin(units: 1);
        _selection.Count([1, 2, 3], counts);
        Assert.Equal(3, counts.Sum(count => count));
        _selection.Add(counts);
        Assert.All(counts, count => Assert.Equal(0u, count));
    }

    [Fact]
    public void EndPass_WithNothingToKeep_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("k", () => _selection.EndPass(0));

    [Fact]
    public void CountZeros_CountsBothZerosAndNaN()
    {
        float[] values = [.. Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? -0f : i), 0, float.NaN, float.NegativeInfinity];
        Assert.Equal(16, MagnitudeSelection.CountZeros(values));
    }

    // One object serves all: what an earlier selection left must not show. The values come in pieces of odd lengths.
    private MagnitudeCut Select(float[] values, int k, int unit)
    {
        uint[] counts = new uint[MagnitudeSelection.Bins];
        _selection.Begin((values.Length + unit - 1) / unit);
        while (_selection.Pass < 3)
        {
            for (int start = 0; start < values.Length; start += unit)
            {
                Span<float> all = values.AsSpan(start, Math.Min(unit, values.Length - start));
                int half = all.Length / 2;
                Visit(all[half..], start / unit, counts);
                Visit(all[..half], start / unit, counts);
            }

            _selection.Add(counts);
            _selection.EndPass(k);
        }

        return Result(values, unit);
    }

    private void Visit(ReadOnlySpan<float> values, int unit, Span<uint> counts)
    {
        if (_selection.Pass == 2)
        {
            _selection.CountTies(values, unit);
        }
        else
        {
            _selection.Count(values, counts);
        }
    }

    private MagnitudeCut Result(float[] values, int unit)
    {
        int first = _selection.TieUnit * unit;
        if (_selection.Pass == 3)
        {
            _selection.FindTie(values.AsSpan(first, Math.Min(unit, values.Length - first)));
        }

        Assert.Equal(4, _selection.Pass);
        MagnitudeCut cut = _selection.Cut;
        return cut.TieEnd == long.MaxValue ? cut : cut with { TieEnd = cut.TieEnd + first };
    }
}
