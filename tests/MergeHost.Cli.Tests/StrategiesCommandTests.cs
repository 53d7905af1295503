using System.Text.Json;

namespace MergeHost.Cli.Tests;

public sealed class StrategiesCommandTests
{
    [Fact]
    public void List_TellsOfEveryStrategyWhatIsKnownOfIt()
    {
        using JsonDocument list = JsonDocument.Parse(Cli.Run("strategies", "--json").Output);
        JsonElement[] strategies = [.. list.RootElement.EnumerateArray()];
        Assert.InRange(strategies.Length, 35, 200);
        Assert.All(strategies, strategy => Assert.All(
            new[] { "description", "evidence", "failure", "cost" },
            field => Assert.True(strategy.TryGetProperty(field, out JsonElement text) && text.GetString()!.Length > 5,
                $"{strategy.GetProperty("id")} has no {field}")));
    }

    [Fact]
    public void Explain_TellsFormulaEvidenceFailureCostAndSource()
    {
        CliResult explain = Cli.Run("strategies", "explain", "tsv_m");
        Assert.Equal((0, ""), (explain.ExitCode, explain.Talk));
        Assert.Contains("merges a base and 1 or more models\n", explain.Output, StringComparison.Ordinal);
        Assert.Contains("evidence\n    41.5 on MergeBench", explain.Output, StringComparison.Ordinal);
        Assert.Contains("does badly\n    Fine-tunes", explain.Output, StringComparison.Ordinal);
        Assert.Contains("cost\n    N + 2 eigenproblems", explain.Output, StringComparison.Ordinal);
        Assert.Contains("https://arxiv.org/abs/2412.00081\n", explain.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adamerging", "no strategy 'adamerging': that is AdaMerging, which learns weights by gradients")]
    [InlineData("tsv_n", "no strategy 'tsv_n' is installed\nhint: did you mean 'tsv_m'?")]
    public void Explain_OfWhatIsNotThere_SaysWhy(string name, string message)
    {
        CliResult explain = Cli.Run("strategies", "explain", name);
        Assert.Equal(3, explain.ExitCode);
        Assert.Contains(message, explain.Talk, StringComparison.Ordinal);
    }
}
