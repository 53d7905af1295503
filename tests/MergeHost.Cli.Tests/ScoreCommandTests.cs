using System.Text.Json;

namespace MergeHost.Cli.Tests;

public sealed class ScoreCommandTests
{
    private const string Base = "recipes/quickstart/base";
    private const string Math = "recipes/quickstart/math";

    [Fact]
    public void Score_PrintsEachMatrixWithItsScores_TheFirstToRestoreFirst()
    {
        CliResult score = Cli.Run("score", Base, Math, "--scorer", "relative_change,spear", "--no-cache", "--quiet");
        Assert.Equal((0, ""), (score.ExitCode, score.Talk));
        string[] lines = score.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2 + 28 + 1 + 2, lines.Length);
        Assert.Equal(["tensor", "relative_change", "rank", "spear", "rank"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(Enumerable.Range(1, 28).Select(rank => $"{rank}"),
            lines[2..30].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]));
        Assert.Contains("10 tensors have no score", lines[^3], StringComparison.Ordinal);
        Assert.Matches("^By relative_change, layer [0-3] should be restored first; by spear, ", lines[^2]);
    }

    [Fact]
    public void Score_WithJson_WritesValuesRanksAndDiagnostics()
    {
        CliResult score = Cli.Run("score", Base, Math, "--scorer", "all", "--set", "svdr.reading=nuclear", "--no-cache", "--json",
            "--quiet");
        JsonElement report = JsonDocument.Parse(score.Output).RootElement;
        string[] names = [.. report.GetProperty("scorers").EnumerateArray().Select(scorer => scorer.GetProperty("id").GetString()!)];
        Assert.Superset(new HashSet<string>(["lora_rank", "snr", "spear", "svdr", "swci"]), names.ToHashSet());
        JsonElement matrix = report.GetProperty("tensors").EnumerateArray()
            .First(tensor => tensor.GetProperty("module").GetString() == "mlp.up_proj");
        Assert.True(matrix.GetProperty("scores").GetProperty("swci").GetProperty("diagnostics").GetProperty("change_intensity")
            .GetDouble() > 0);
        Assert.InRange(matrix.GetProperty("scores").GetProperty("spear").GetProperty("rank").GetInt32(), 1, 4);
    }

    [Theory]
    [InlineData(5, "did you mean 'spear'?", "--scorer", "spaer")]
    [InlineData(3, "did you mean 'reading'?", "--scorer", "svdr", "--set", "svdr.reeding=rank")]
    [InlineData(2, "must be SCORER.OPTION=VALUE", "--scorer", "svdr", "--set", "reading=rank")]
    [InlineData(2, "--scorer", "--json")]
    [InlineData(2, "--tasks says how scores are checked, and needs --validate SUITE", "--scorer", "svdr", "--tasks", "general")]
    [InlineData(2, "did you mean", "--scorer", "svdr", "--validat", "suite.yaml")]
    [InlineData(7, "suite 'family' has no task 'finanse'", "--scorer", "svdr", "--validate", "recipes/suites/family.yaml", "--tasks",
        "finanse")]
    public void Score_WithWrongArguments_SaysWhatIsMeant(int exitCode, string talk, params string[] arguments)
    {
        CliResult score = Cli.Run(["score", Base, Math, .. arguments]);
        Assert.Contains(talk, score.Talk, StringComparison.Ordinal);
        Assert.Equal(exitCode, score.ExitCode);
    }
}
