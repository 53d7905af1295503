using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Comparing;

/// <summary>Adapters by themselves, compared and scored by what they change in a base.</summary>
public sealed class BareAdapterTests : IDisposable
{
    private const string Module = "model.layers.0.self_attn.q_proj";

    private static readonly string _fixtures = Path.Combine(MergeBed.Fixtures, "adapters");

    private readonly MergeBed _bed = new();

    [Fact]
    public void Compare_OfAdapters_GivesTheDistancesOfWhatTheyChangeInABase()
    {
        string[] adapters = [$"{_fixtures}/lora-plain-qv", $"{_fixtures}/lora-patterns-rslora"];
        PairComparison alone = Assert.Single(Compare(adapters, null).Pairs);
        PairComparison whole = Compare(adapters, $"{_fixtures}/llama-f32").Pairs[2];
        Assert.Equal(whole.Whole.TaskVectors!.NormA, alone.Whole.TaskVectors!.NormA, 1e-4);
        Assert.Equal(whole.Whole.TaskVectors.NormB, alone.Whole.TaskVectors.NormB, 1e-4);
        Assert.Equal(whole.Whole.TaskVectors.Cosine!.Value, alone.Whole.TaskVectors.Cosine!.Value, 1e-5);
        Assert.Equal(whole.Whole.L2, alone.Whole.L2, 1e-4);
        Assert.Empty(alone.Hints);
    }

    // Outputs of both lie along (1, 0, 0), and inputs 30° apart, whatever the factors' lengths are.
    [Theory]
    [InlineData(30)]
    [InlineData(0.01)]
    [InlineData(89)]
    public void Compare_OfAdapters_GivesTheAnglesBetweenTheirSpaces(double degrees)
    {
        (double sine, double cosine) = Math.SinCos(degrees * Math.PI / 180);
        Write("one", [3, 0], [-2, 0, 0]);
        Write("other", [(float)(5 * cosine), (float)(5 * sine)], [7, 0, 0]);
        PairComparison pair = Assert.Single(Compare([_bed["one"], _bed["other"]], null).Pairs);
        SpaceAngles angles = Assert.Single(pair.Tensors).Angles!;
        Assert.Equal(0, Assert.Single(angles.Outputs), 1e-3);
        Assert.Equal(degrees, Assert.Single(angles.Inputs), 1e-4);
        Assert.Equal(1, pair.Whole.Spaces!.Outputs, 1e-6);
        Assert.Equal(cosine * cosine, pair.Whole.Spaces.Inputs, 1e-6);
        Assert.Equal(-cosine, pair.Whole.TaskVectors!.Cosine!.Value, 1e-5);
    }

    [Fact]
    public void Compare_WhenOneAdapterLeavesAModuleAsItIs_CountsThatAsNoChange()
    {
        Write("one", [3, 0], [-2, 0, 0]);
        Write("other", [1, 0], [1, 0, 0], Module.Replace("q_proj", "k_proj", StringComparison.Ordinal));
        Distance whole = Assert.Single(Compare([_bed["one"], _bed["other"]], null).Pairs).Whole;
        Assert.Equal((12, 6, 1, Math.Sqrt(37)), (whole.Elements, whole.TaskVectors!.NormA, whole.TaskVectors.NormB, whole.L2));
        Assert.Null(whole.Spaces);
    }

    [Fact]
    public void Compare_OfAnAdapterAndAModel_SaysWhatIsMissing()
    {
        Problem problem = MergeBed.Fails(() => Compare([$"{_fixtures}/lora-plain-qv", $"{_fixtures}/llama-f32"], null));
        Assert.Contains("is an adapter, and", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--base", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_OfADora_IsRefusedByName()
    {
        Problem problem = MergeBed.Fails(() => Compare([$"{_fixtures}/lora-dora", $"{_fixtures}/lora-plain-qv"], null));
        Assert.Contains("'use_dora' is set", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_OfABaseAndAnAdapter_IsThatOfBothTogether()
    {
        string @base = $"{_fixtures}/llama-f32";
        Assert.Equal(Scores(@base, $"{@base}+{_fixtures}/lora-plain-qv"), Scores(@base, $"{_fixtures}/lora-plain-qv"));
        Assert.All(Scores($"{_fixtures}/lora-plain-qv", $"{_fixtures}/lora-plain-qv"),
            score => Assert.EndsWith(" 0", score, StringComparison.Ordinal));

        string[] Scores(string before, string after) =>
            [.. _bed.Engine.Score(before, after, new ScoreRequest(["relative_change"], []), new MergeOptions()).Tensors
                .SelectMany(tensor => tensor.Scores.Values.Select(score => $"{tensor.Name} {score.Value:R}"))];
    }

    public void Dispose() => _bed.Dispose();

    private ComparisonReport Compare(string[] checkpoints, string? @base) => _bed.Engine.Compare(checkpoints, @base, new MergeOptions());

    private void Write(string name, float[] a, float[] b, string module = Module) => new TinyCheckpoint()
        .Add($"base_model.model.{module}.lora_A.weight", DType.F32, [1, a.Length], a)
        .Add($"base_model.model.{module}.lora_B.weight", DType.F32, [b.Length, 1], b)
        .AddFile("adapter_config.json", """{"peft_type": "LORA", "r": 1, "lora_alpha": 1}""").Write(_bed[name]);
}
