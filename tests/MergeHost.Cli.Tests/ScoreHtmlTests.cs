using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class ScoreHtmlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Score_WithHtml_WritesAPageWithPicturesAndNumbersThatNeedsNoNetwork()
    {
        CliResult score = Cli.Run("score", "recipes/quickstart/base", "recipes/quickstart/finance", "--scorer", "spear,relative_change",
            "--html", _folder["page.html"]);
        Assert.Equal(0, score.ExitCode);
        WrittenPage page = new(File.ReadAllText(_folder["page.html"]));
        Assert.Equal(["spear", "relative_change", "How scorers agree", "Tables", "Where this comes from"], page.Headings);
        Assert.Matches(
            "^By spear, layer [0-3] should be restored first; by relative_change, layer [0-3] should be restored first. Whether that helps "
                + "was not measured.$", page.Verdict);

        // A heat map and a ranking for each and how the two agree; a cell for each matrix, of which
        // each module has one for the aggressive policy.
        Assert.Equal(["heat", "curves", "heat", "curves", "heat"], page.Plots.Select(plot => plot.Plot.GetProperty("kind").GetString()));
        IReadOnlyList<IReadOnlyList<string>> rows = page.Rows("spear of each weight matrix");
        Assert.Equal(4 * 7, rows.Count);
        Assert.Equal(7, rows.Count(row => row[^1].Contains("aggressive", StringComparison.Ordinal)));
        Assert.Equal(2, page.Count("<dt>weights of recipes/quickstart/(base|finance)</dt><dd>digest [0-9a-f]{32}</dd>"));
    }

    [Fact]
    public void Score_WithValidationAndHtml_ShowsWhatTheScoresAreWorth()
    {
        File.WriteAllText(_folder["general.txt"], "The river runs from the mountains to the sea, and the city lies on both of its banks.");
        File.WriteAllText(_folder["finance.txt"], "Net revenue of the quarter rose, and the board of directors declared a dividend.");
        File.WriteAllText(_folder["suite.yaml"], """
            tasks:
              - {name: general, general: true, benchmark: perplexity, data: general.txt}
              - {name: finance, benchmark: perplexity, data: finance.txt}
              - {name: other, benchmark: perplexity, data: finance.txt}
            """);
        CliResult score = Cli.Run(
            "score", "recipes/quickstart/base", "recipes/quickstart/finance", "--scorer", "spear", "--validate", _folder["suite.yaml"],
            "--tasks", "general,finance",
            "--unit", "layer", "--html", _folder["page.html"], "--cache", _folder["cache"]);
        Assert.Equal(0, score.ExitCode);
        Assert.Contains("(general, finance): each of 4 layers set to the base's by itself", score.Output, StringComparison.Ordinal);
        Assert.All(["spear", "relative_change", "random"],
            scorer => Assert.Matches($@"\n  {scorer} +perplexity +[+-][01]\.\d\d +\d+\.\d % +[+-][01]\.\d\d +\d+\.\d % ", score.Output));
        Assert.Contains("[9/42] without layer 2: general", score.Talk, StringComparison.Ordinal);
        Assert.Contains("[17/42] spear: 2 of 4 units: general", score.Talk, StringComparison.Ordinal);
        WrittenPage page = new(File.ReadAllText(_folder["page.html"]));
        Assert.Contains("What the scores are worth", page.Headings);
        Assert.DoesNotContain("was not measured", page.Verdict, StringComparison.Ordinal);
        Assert.Equal((3 * 2) + 1 + 2, page.Plots.Count);
        Assert.Equal(3 * 5, page.Rows("Recovery and gain as more is restored").Count);
        Assert.Equal(1 + 4, page.Rows("Recovery and gain of single units").Count);
    }

    [Fact]
    public void Score_WithHtmlWhereNothingCanBeWritten_SaysSo()
    {
        CliResult score = Cli.Run("score", "recipes/quickstart/base", "recipes/quickstart/math", "--scorer", "random", "--html",
            _folder["no/page.html"]);
        Assert.Equal(6, score.ExitCode);
        Assert.Contains("MH5007", score.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
