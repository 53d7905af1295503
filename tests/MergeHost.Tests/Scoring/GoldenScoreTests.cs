using System.Text.Json;
using MergeHost.Reports;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Scoring;

/// <summary>The scores of the trained family, against those that numpy and scipy calculate: see fixtures/scores/make_scores.py.</summary>
public sealed class GoldenScoreTests : IDisposable
{
    private readonly MergeBed _bed = new();

    public static TheoryData<string, string> Variants => new()
    {
        { "snr", "" }, { "snr:base", "on=base" }, { "snr:task_vector", "on=task_vector" }, { "snr:spectrum", "threshold=spectrum" },
        { "swci", "" }, { "svdr", "" }, { "svdr:nuclear", "reading=nuclear" }, { "svdr:energy", "reading=energy" },
        { "spear", "" }, { "relative_change", "" }, { "direction_change", "" }, { "effective_rank", "" },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Score_OfEachExpert_IsNumpys(string key, string setting)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(MergeBed.Fixtures, "scores/scores.json")));
        foreach (JsonProperty expert in golden.RootElement.GetProperty("experts").EnumerateObject())
        {
            string scorer = key.Split(':')[0];
            ScorerSetting[] settings = setting.Split('=') is [string option, string value]
                ? [new ScorerSetting(scorer, option, value)]
                : [];
            ScoreReport report = _bed.Engine.Score($"{MergeBed.Models}base", $"{MergeBed.Models}{expert.Name}",
                new ScoreRequest([scorer], settings), new MergeOptions());
            Dictionary<string, double> scores = report.Tensors.Where(tensor => tensor.Scores.Count > 0)
                .ToDictionary(tensor => tensor.Name, tensor => tensor.Scores[scorer].Value);
            Assert.Equal(28, scores.Count);
            foreach (JsonProperty tensor in expert.Value.EnumerateObject())
            {
                double expected = tensor.Value.GetProperty(key).GetDouble();
                Assert.Equal(expected, scores[tensor.Name], 1e-9 * Math.Max(1e-3, Math.Abs(expected)));
            }
        }
    }

    // The length of what is left of each task vector.
    [Theory]
    [InlineData("finance")]
    [InlineData("japanese")]
    public void Merge_ByDgHard_KeepsWhatNumpyKeeps(string expert)
    {
        _bed.Merge($"merge_method: dg_hard\nbase_model: {MergeBed.Models}base\nmodels: [{{model: {MergeBed.Models}{expert}}}]\ndtype: "
            + "float32", "out");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(MergeBed.Fixtures, "scores/scores.json")));
        foreach (JsonProperty tensor in golden.RootElement.GetProperty("dg_hard").GetProperty(expert).EnumerateObject())
        {
            float[] before = MergeBed.Read($"{MergeBed.Models}base", tensor.Name).Values;
            double norm = Math.Sqrt(MergeBed.Read(_bed["out"], tensor.Name).Values.Zip(before, (after, start) => Math.Pow(after - start, 2))
                .Sum());
            Assert.Equal(tensor.Value.GetProperty("norm").GetDouble(), norm, 1e-6 * norm);
        }
    }

    public void Dispose() => _bed.Dispose();
}
