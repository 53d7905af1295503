using MergeHost.Evaluation.Prediction;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Tests.Evaluation.Prediction;

/// <summary>Looking merges up among examples whose law is known.</summary>
public class PredictorTests
{
    [Fact]
    public void Predict_WhereOneFeatureDecides_CountsThoseNearByIt()
    {
        PredictionReport report = Predict(Examples((step, _) => 1 - step), step: 0.1);
        PredictedOutcome texts = report.Outcomes.Single(outcome => outcome.Name == MergeOutcomes.Texts);
        Assert.Equal((20, 20, 180, 90), (texts.Alike, texts.AlikeBetter, texts.All, texts.AllBetter));
        Assert.Equal(0, Predict(Examples((step, _) => 1 - step), step: 1.9).Outcomes[0].AlikeBetter);
        Assert.Equal(-1, Worth(report, FeatureNames.Step).Rho!.Value, 1e-9);
        Assert.True(texts.HeldOut.Rho > 0.8);
        Assert.True(texts.Skill > 0.9);
    }

    [Fact]
    public void Predict_WhereNothingDecides_SaysThatLookingUpIsOfNoUse()
    {
        Random random = new(5);
        PredictedOutcome texts = Predict(Examples((_, _) => random.NextDouble() - 0.5), step: 1).Outcomes[0];
        Assert.True(texts.HeldOut.Low < 0 && texts.HeldOut.High > 0);
        Assert.True(texts.Skill < 0.05);
    }

    // Within each study less is better; over both it looks the other way round.
    [Fact]
    public void Predict_ComparesRanksWithinStudiesAlone()
    {
        MergeExample[] examples =
        [
            .. Examples((step, _) => -step), .. Examples((step, _) => 100 - step).Select(example => example with
            {
                Study = "other",
                Features =
                    new Dictionary<string, double>(example.Features) { [FeatureNames.Step] = example.Features[FeatureNames.Step] + 10 },
            }),
        ];
        FeatureWorth worth = Worth(Predict(examples, step: 1), FeatureNames.Step);
        Assert.Equal((-1.0, -1.0, -1.0),
            (Math.Round(worth.Rho!.Value, 9), Math.Round(worth.Low!.Value, 9), Math.Round(worth.High!.Value, 9)));
    }

    // One set of experts against the others: as good as one case, whatever the number of its merges.
    [Fact]
    public void Predict_OfAFeatureThatOnlySetsDifferIn_HasAnIntervalAsWideAsSetsAreFew()
    {
        FeatureWorth worth = Worth(Predict(Examples((_, set) => set), step: 1), FeatureNames.Cosine);
        Assert.Equal(1, worth.Rho!.Value, 1e-9);
        MergeExample[] noisy = Examples((step, set) => set == 1 ? 5 + step : step);
        FeatureWorth one = Worth(Predict(noisy, step: 1), FeatureNames.Cosine);
        Assert.True(one.High - one.Low > 0.3, $"{one}");
    }

    [Fact]
    public void Predict_WithoutAKnownFeature_LooksNothingUp()
    {
        PredictionReport report = new Predictor(Examples((step, _) => step)).Predict("r.yaml", new Dictionary<string, double>());
        Assert.All(report.Outcomes, outcome => Assert.Equal((0, null), (outcome.Alike, outcome.Skill)));
        Assert.All(report.Features, feature => Assert.Null(feature.Value));
    }

    [Fact]
    public void Own_Examples_AreFortyAtLeastWithAllFeaturesAndOutcomes()
    {
        IReadOnlyList<MergeExample> own = ExampleFile.Own();
        Assert.InRange(own.Count, 40, 1000);
        Assert.All(own, example => Assert.Equal(FeatureNames.All.Select(feature => feature.Name).Order(), example.Features.Keys.Order()));
        Assert.All(own, example => Assert.Equal(MergeOutcomes.All.Select(outcome => outcome.Name).Order(), example.Outcomes.Keys.Order()));
    }

    [Theory]
    [InlineData("", "there are no merges")]
    [InlineData("{}", "(1): this is no merge of a study")]
    [InlineData("[1]", "(1): this is no merge of a study")]
    [InlineData("""{"study":"s","experts":["F"],"method":"TA","settings":{},"features":{"step":1},"outcomes":{}}""",
        "expected a merge of two experts at least")]
    [InlineData("""{"study":"s","experts":["F","MM"],"method":"TA","settings":{},"features":{"step":1},"outcomes":{}}""",
        "expected a merge of two experts at least")]
    public void Read_OfAFileThatIsNone_SaysWhere(string text, string message)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => ExampleFile.Read(path));
        File.Delete(path);
        Assert.Equal(ErrorCodes.BadSuite, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_OfExamples_IsReadAsWhatItWas()
    {
        MergeExample[] examples = Examples((step, _) => step);
        string path = Path.GetTempFileName();
        File.WriteAllText(path, ExampleFile.Text(examples));
        IReadOnlyList<MergeExample> read = ExampleFile.Read(path);
        File.Delete(path);
        Assert.Equal(examples.Select(example => (string.Concat(example.Experts), example.Features[FeatureNames.Cosine])),
            read.Select(example => (string.Concat(example.Experts), example.Features[FeatureNames.Cosine])));
    }

    // Nine sets of two experts, twenty steps each from 0.05 to 1.95; the cosine is that of the set.
    private static MergeExample[] Examples(Func<double, int, double> outcome) =>
    [
        .. from set in Enumerable.Range(0, 9)
           from step in Enumerable.Range(0, 20)
           let length = 0.05 + (0.1 * step)
           select new MergeExample(
               "study", [$"{(char)('C' + set)}", $"{(char)('N' + (set % 3))}"], "TA", new Dictionary<string, string>(),
               new Dictionary<string, double> { [FeatureNames.Step] = length, [FeatureNames.Cosine] = set },
               new Dictionary<string, double> { [MergeOutcomes.Texts] = outcome(length, set) }),
    ];

    private static PredictionReport Predict(IReadOnlyList<MergeExample> examples, double step) =>
        new Predictor(examples).Predict("r.yaml", new Dictionary<string, double> { [FeatureNames.Step] = step });

    private static FeatureWorth Worth(PredictionReport report, string feature) =>
        report.Features.Single(known => known.Name == feature).Worth.Single(worth => worth.Outcome == MergeOutcomes.Texts);
}
