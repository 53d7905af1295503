using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Prediction;
using MergeHost.Evaluation.Suites;

namespace MergeHost.Tests.Evaluation.Prediction;

/// <summary>What texts tell of a merge, and how it came out, of models whose losses are known.</summary>
public class TextFeaturesTests
{
    // Losses on a text of each of two experts and on one of nobody's.
    private static readonly MeasuredModel _base = Model(3, 4, 2);
    private static readonly MeasuredModel _first = Model(1, 5, 2.5);
    private static readonly MeasuredModel _second = Model(3.5, 2, 2.25);

    [Fact]
    public void Of_TwoExperts_TakesForTheirTextsWhatEachKnowsBest()
    {
        Dictionary<string, double> features = TextFeatures.Of(_base, [_first, _second], Model(2, 3, 2));
        Assert.Equal((3 + 4) / 2.0, features[FeatureNames.BaseLoss], 1e-9);
        Assert.Equal(((5 - 4) + (3.5 - 3)) / 2, features[FeatureNames.Damage], 1e-9);
        Assert.Equal((7 / 3.0) - ((8.5 + 7.75) / 6), features[FeatureNames.Barrier], 1e-9);
    }

    [Fact]
    public void Of_AnExpertThatKnowsNothingBest_TakesTheTextOnWhichItGainedMost() =>
        Assert.Equal(4, TextFeatures.Of(_base, [Model(3, 3, 2), Model(3.5, 2, 2.25)], _base)[FeatureNames.BaseLoss], 1e-9);

    [Fact]
    public void Of_AModelWithoutTexts_IsNothing() =>
        Assert.Empty(TextFeatures.Of(Questions(0.5), [Questions(0.5), Questions(0.25)], Questions(0.5)));

    [Fact]
    public void Outcomes_OfAMerge_AreAboveZeroWhereItIsBetterThanAllThatItWasMadeOf()
    {
        // Means: base 3, first 8.5 / 3, second 7.75 / 3. Best of each text: 1, 2, 2.
        Dictionary<string, double> outcomes = MergeOutcomes.Of(Model(1.5, 2, 1.75), _base, [_first, _second]);
        Assert.Equal((7.75 - 5.25) / 3, outcomes[MergeOutcomes.Texts], 1e-9);
        Assert.Equal((5 - 5.25) / 3, outcomes[MergeOutcomes.Emergence], 1e-9);
        Assert.False(outcomes.ContainsKey(MergeOutcomes.Questions));
        Assert.Equal(25, MergeOutcomes.Of(Questions(0.75), Questions(0.25), [Questions(0.5), Questions(0)])[MergeOutcomes.Questions], 1e-9);
    }

    private static MeasuredModel Model(params double[] losses) =>
        new("", "", [.. losses.Index().Select(text => Task($"text {text.Index}", Aggregation.Perplexity, -text.Item))]);

    private static MeasuredModel Questions(double right) => new("", "", [Task("questions", Aggregation.Mean, right)]);

    // Many items of one score, so that both halves have some.
    private static MeasuredTask Task(string name, Aggregation aggregation, double score) => new(
        new SuiteTask(name, false, null, null!, new object(), ""),
        [new TaskResult(name, "", 0, [.. Enumerable.Range(0, 20).Select(item => new ItemScore($"{item}", score))])
        {
            Aggregation = aggregation
        }]);
}
