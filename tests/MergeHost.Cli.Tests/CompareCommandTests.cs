using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class CompareCommandTests
{
    private static readonly string[] _arguments = ["compare", "recipes/quickstart/finance", "recipes/quickstart/math", "--base",
        "recipes/quickstart/base"];

    [Fact]
    public void Compare_PrintsWholeAndLayersOfEachPair()
    {
        CliResult compare = Cli.Run([.. _arguments, "--quiet"]);
        Assert.Equal((0, ""), (compare.ExitCode, compare.Talk));
        Assert.Contains("recipes/quickstart/finance and recipes/quickstart/math: 2.89 M parameters", compare.Output,
            StringComparison.Ordinal);
        Assert.Contains("sign conflicts", compare.Output, StringComparison.Ordinal);
        Assert.Equal(3, compare.Output.Split("layer 3 ").Length - 1);
        Assert.Contains("model.layers.2.mlp.up_proj.weight", Cli.Run([.. _arguments, "--tensors"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_WithJson_WritesOneDocument()
    {
        using JsonDocument report = JsonDocument.Parse(Cli.Run([.. _arguments, "--json", "--quiet"]).Output);
        JsonElement pair = report.RootElement.GetProperty("pairs")[2];
        Assert.InRange(pair.GetProperty("whole").GetProperty("taskVectors").GetProperty("signConflictRate").GetDouble(), 0.01, 0.99);
        Assert.Equal(4, pair.GetProperty("layers").GetArrayLength());
    }

    [Theory]
    [InlineData(true, new[] { "heat", "heat", "heat", "heat", "heat", "curves", "curves", "curves", "curves" })]
    [InlineData(false, new[] { "heat", "curves", "curves" })]
    public void Compare_WithHtml_WritesAPageWithPicturesAndNumbers(bool hasBase, string[] pictures)
    {
        using TemporaryFolder folder = new();
        CliResult compare = Cli.Run([.. hasBase ? _arguments : _arguments[..3], "--html", folder["page.html"]]);
        Assert.Equal(0, compare.ExitCode);
        WrittenPage page = new(File.ReadAllText(folder["page.html"]));
        Assert.Equal(pictures, page.Plots.Select(plot => plot.Plot.GetProperty("kind").GetString()));
        Assert.Equal(hasBase ? 3 : 1, page.Count("<td>model.layers.2.mlp.up_proj.weight</td>"));
        Assert.StartsWith("The weights of finance and math have the cosine 0.9", page.Verdict, StringComparison.Ordinal);
        if (hasBase)
        {
            Assert.Matches("; finance changed most from the base, by [0-9.]+ % of its weights' length.$", page.Verdict);
            Assert.Equal(4 * 9, page.Rows("Change of weights from base to finance").Count);
        }
    }

    [Fact]
    public void Compare_OfQuantisedCheckpoints_ReadsAllThatAMergeReads()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0,
            Cli.Run("convert", "recipes/quickstart/finance", folder["q"], "--to", "gguf", "--type", "q8_0", "--quiet").ExitCode);
        CliResult compare = Cli.Run("compare", folder["q"], folder["q"], "--quiet");
        Assert.Contains(": 2.89 M parameters", compare.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("left out", compare.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_OfTheBaseAmongTheOthers_AddsNoPair()
    {
        CliResult compare = Cli.Run("compare", "recipes/quickstart/base", "recipes/quickstart/math", "--base",
            "recipes/quickstart/../quickstart/base/", "--json", "--quiet");
        using JsonDocument report = JsonDocument.Parse(compare.Output);
        Assert.Equal(1, report.RootElement.GetProperty("pairs").GetArrayLength());
        Assert.Equal(3,
            Cli.Run("compare", "recipes/quickstart/base", "recipes/quickstart/base", "--base", "recipes/quickstart/base",
                "--quiet").ExitCode);
    }

    [Fact]
    public void Compare_OfASingleCheckpoint_IsWrongUsage() => Assert.Equal(2, Cli.Run("compare", "recipes/quickstart/base").ExitCode);
}
