using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Scoring;

public sealed class ScoreTests : IDisposable
{
    private static readonly ScoreRequest _spear = new(["relative_change", "direction_change", "effective_rank", "snr", "svdr", "swci",
        "random", "spear"], []);

    private readonly MergeBed _bed = new();

    [Fact]
    public void Score_WithAnyThreadsAndMemory_GivesTheSameBits()
    {
        string expected = Values(Score(_spear, new MergeOptions { Threads = 1 }));
        Assert.Equal(expected, Values(Score(_spear, new MergeOptions { Threads = 3 })));
        Assert.Equal(expected, Values(Score(_spear, new MergeOptions { Threads = 4, MemoryBytes = 128L << 20 })));
    }

    [Fact]
    public void Score_WithACache_GivesTheSameBitsAndMendsWhatIsBroken()
    {
        MergeOptions options = new() { CacheFolder = _bed["cache"] };
        string expected = Values(Score(_spear, new MergeOptions()));
        Assert.Equal(expected, Values(Score(_spear, options)));
        string[] files = Directory.GetFiles(_bed["cache/spectra"]);
        Assert.Equal(2 * 28, files.Length);
        DateTime written = File.GetLastWriteTimeUtc(files[1]);

        File.WriteAllBytes(files[0], [1, 2, 3]);
        Assert.Equal(expected, Values(Score(_spear, options)));
        Assert.True(new FileInfo(files[0]).Length > 3);
        Assert.Equal(written, File.GetLastWriteTimeUtc(files[1]));
    }

    [Fact]
    public void Score_OfVectorsEmbeddingsAndHeads_IsNone()
    {
        ScoreReport report = Score(_spear, new MergeOptions());
        Assert.Equal((38, 4), (report.Tensors.Count, report.LayerCount));
        Assert.All(report.Tensors,
            tensor => Assert.Equal(tensor.Name.Contains("_proj.", StringComparison.Ordinal) ? 8 : 0, tensor.Scores.Count));
    }

    [Fact]
    public void Score_RanksWithinAModuleTypeOrEverywhere_AsTheScorerSays()
    {
        ScoreReport report = Score(new ScoreRequest(["snr", "relative_change"], []), new MergeOptions());
        foreach (IGrouping<string, ScoredTensor> module in report.Tensors.Where(tensor => tensor.Scores.Count > 0)
            .GroupBy(tensor => tensor.Module))
        {
            Assert.Equal([1, 2, 3, 4],
                module.OrderByDescending(tensor => tensor.Scores["snr"].Value).Select(tensor => tensor.Scores["snr"].Rank));
        }

        Assert.Equal(
            Enumerable.Range(1, 28),
            report.Tensors.Where(tensor => tensor.Scores.Count > 0).Select(tensor => tensor.Scores["relative_change"])
                .OrderByDescending(score => score.Value).Select(score => score.Rank));
    }

    [Fact]
    public void Score_WhenCancelled_Stops()
    {
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => _bed.Engine.Score(
            $"{MergeBed.Models}base", $"{MergeBed.Models}math", _spear, new MergeOptions(), cancellation: cancellation.Token));
    }

    [Fact]
    public void Score_WithWrongScorersAndOptions_NamesThemAll()
    {
        ScoreRequest request = new(["spaer", "svdr"],
            [new("svdr", "reeding", "rank"), new("svdr", "threshold", "median"), new("snr", "on", "base")]);
        IReadOnlyList<Problem> problems = Assert.ThrowsAny<MergeHostException>(() => Score(request, new MergeOptions())).Problems;
        Assert.Equal(
            [
                "no scorer 'spaer'", "'svdr' has no option 'reeding'", "threshold is 'median'; it must be mp_median or spectrum",
                "'snr.on' is set, and 'snr' is not among the scorers",
            ],
            problems.Select(problem => problem.Message));
        Assert.StartsWith("did you mean 'spear'?", problems[0].Hint, StringComparison.Ordinal);
        Assert.StartsWith("did you mean 'reading'?", problems[1].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_OfModelsThatDoNotBelongTogether_NamesWhatDiffers()
    {
        TinyCheckpoint.Llama(layers: 4).Write(_bed["small"]);
        TinyCheckpoint.Llama(layers: 4).Add("model.layers.0.mlp.up_proj.weight", DType.BF16, [4, 4]).Write(_bed["other"]);
        Problem problem = MergeBed.Fails(() => _bed.Engine.Score(_bed["small"], _bed["other"], _spear, new MergeOptions()));
        Assert.Equal(ErrorCodes.ShapeMismatch, problem.Code);

        TinyCheckpoint.Llama(layers: 1).Write(_bed["shallow"]);
        problem = MergeBed.Fails(() => _bed.Engine.Score(_bed["small"], _bed["shallow"], _spear, new MergeOptions()));
        Assert.Equal(ErrorCodes.TensorMissing, problem.Code);
    }

    [Theory]
    [InlineData("model.layers.3.self_attn.q_proj.weight", "self_attn.q_proj")]
    [InlineData("model.layers.3.mlp.experts.2.w1.weight", "mlp.experts.2.w1")]
    [InlineData("transformer.h.0.attn.c_attn.bias", "attn.c_attn.bias")]
    [InlineData("model.norm.weight", "model.norm")]
    public void Module_OfAName_IsWhatStandsAfterTheLayer(string name, string expected) => Assert.Equal(expected, ScorePair.ModuleOf(name));

    public void Dispose() => _bed.Dispose();

    private ScoreReport Score(ScoreRequest request, MergeOptions options) =>
        _bed.Engine.Score($"{MergeBed.Models}base", $"{MergeBed.Models}finance", request, options);

    private static string Values(ScoreReport report) => string.Join('\n', report.Tensors.SelectMany(
        tensor => tensor.Scores, (tensor, score) => $"{tensor.Name} {score.Key} {BitConverter.DoubleToInt64Bits(score.Value.Value):x}"));
}
