using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Suites;
using MergeHost.Reports;

namespace MergeHost.Tests.Evaluation;

/// <summary>Comparisons of models whose right answers are known.</summary>
public class ComparisonTests
{
    private const int Count = 200;

    private static readonly SuiteTask _task = new("task", false, null, null!, new object(), "");

    [Fact]
    public void Gaps_OfAMergeThatKnowsWhatEachExpertKnows_AreAboveZeroBeyondNoise()
    {
        TaskChange gap = Assert.Single(Of(item => item < 100, item => item >= 60).Gaps(Model(_ => true)));
        Assert.Equal((100.0 * 60 / Count, "improved"), (gap.Difference, gap.Verdict));
    }

    [Fact]
    public void Gaps_OfTheBestExpert_AreZero()
    {
        TaskChange gap = Assert.Single(Of(item => item < 100, item => item >= 60).Gaps(Model(item => item >= 60)));
        Assert.Equal((0.0, "unchanged"), (gap.Difference, gap.Verdict));
    }

    [Fact]
    public void Changes_FromTheBase_AreDamageWhereAnswersAreLost()
    {
        Comparison comparison = Of(item => item < 100, item => item >= 60);
        Assert.Equal("damaged", Assert.Single(comparison.Changes(Model(item => item % 5 == 0))).Verdict);
        Assert.Equal("unchanged", Assert.Single(comparison.Changes(Model(item => item % 2 == 0))).Verdict);
        Assert.Equal("improved", Assert.Single(comparison.Changes(Model(item => item % 4 != 0))).Verdict);
    }

    [Fact]
    public void Compare_WithAnotherMerge_HasNarrowerIntervalsThanEitherByItself()
    {
        Comparison comparison = Of(item => item < 100, item => item >= 60);
        MeasuredModel better = Model(item => item % 10 != 0);
        MetricSummary alone = comparison.Compare(better)[0];
        MetricSummary paired = comparison.Compare(better, [Model(item => item % 10 != 0 && item > 4)])[0];
        Assert.Equal(100.0 * 4 / Count, paired.Value!.Value, 1e-9);
        Assert.True(paired.High - paired.Low < 0.7 * (alone.High - alone.Low));
    }

    // The expert knows 104 answers and the base 100, which is no gain beyond noise; and nothing is known where all is 0.
    [Fact]
    public void Compare_WhenAQuotientIsOverAValueNearZero_HasNone()
    {
        MeasuredModel merged = Model(item => item < 120);
        Assert.Null(Metric(Of(item => item < 104).Compare(merged), "gainKept").Value);
        Assert.NotNull(Metric(Of(item => item < 180).Compare(merged), "gainKept").Value);
        Assert.Null(Metric(new Comparison(new Constituents(Model(_ => false), [Model(item => item == 0)])).Compare(merged),
            "oracleRetentionPooled").Value);
        Assert.NotNull(Metric(Of(item => item < 104).Compare(merged), "oracleRetentionMean").Value);

        static MetricSummary Metric(IReadOnlyList<MetricSummary> metrics, string name) => metrics.Single(metric => metric.Name == name);
    }

    // The base knows every other answer.
    private static Comparison Of(params Func<int, bool>[] experts) =>
        new(new Constituents(Model(item => item % 2 == 0), [.. experts.Select(Model)]));

    private static MeasuredModel Model(Func<int, bool> knows) => new("", "", [new MeasuredTask(_task,
        [new TaskResult("task", "acc", 0,
            [.. Enumerable.Range(0, Count).Select(item => new ItemScore($"{item}", knows(item) ? 1 : 0))])])]);
}
