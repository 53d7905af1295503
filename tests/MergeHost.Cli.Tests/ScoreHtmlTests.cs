using System.Text.RegularExpressions;
using System.Xml.Linq;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class ScoreHtmlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Score_WithHtml_WritesAPageWithPicturesAndNumbersThatNeedsNoNetwork()
    {
        CliResult score = Cli.Run("score", "recipes/quickstart/base", "recipes/quickstart/finance", "--scorer", "spear,relative_change", "--html", _folder["page.html"]);
        Assert.Equal(0, score.ExitCode);
        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Equal(["spear", "relative_change"], Regex.Matches(page, "<h2>(.*?)</h2>").Select(match => match.Groups[1].Value));
        Assert.All(
            Regex.Matches(page, "https?://[^\"]*").Select(match => match.Value), address => Assert.StartsWith("http://www.w3.org/", address, StringComparison.Ordinal));

        // A heat map and a ranking for each, well formed; 28 cells of a heat map have a number in its table.
        List<XElement> pictures = [.. Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value))];
        Assert.Equal(4, pictures.Count);
        Assert.All(pictures, picture => Assert.Contains(picture.Descendants(), element => element.Name.LocalName == "text"));
        string numbers = Regex.Match(page, "<summary>Numbers</summary>(.*?)</details>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(4 * 8, Regex.Count(numbers, "<td>[^<]+</td>"));
        Assert.Equal(2 * 7, Regex.Count(page, "<td class=\"aggressive\""));
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
            "score", "recipes/quickstart/base", "recipes/quickstart/finance", "--scorer", "spear", "--validate", _folder["suite.yaml"], "--tasks", "general,finance",
            "--unit", "layer", "--html", _folder["page.html"], "--cache", _folder["cache"]);
        Assert.Equal(0, score.ExitCode);
        Assert.Contains("(general, finance): each of 4 layers set to the base's by itself", score.Output, StringComparison.Ordinal);
        Assert.All(["spear", "relative_change", "random"], scorer => Assert.Matches($@"\n  {scorer} +perplexity +[+-][01]\.\d\d +\d+\.\d % +[+-][01]\.\d\d +\d+\.\d % ", score.Output));
        Assert.Contains("unit 3 of 4, layer 2", score.Talk, StringComparison.Ordinal);
        Assert.Contains("spear: 2 of 4 units", score.Talk, StringComparison.Ordinal);
        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Contains("<h2 id=\"validation\">", page, StringComparison.Ordinal);
        Assert.Equal((3 * 2) + 2, Regex.Count(page, "<svg"));
        Assert.Equal(3 * 5, Regex.Count(page, @"<tr><td>(spear|relative_change|random)</td><td>\d</td>"));
    }

    [Fact]
    public void Score_WithHtmlWhereNothingCanBeWritten_SaysSo()
    {
        CliResult score = Cli.Run("score", "recipes/quickstart/base", "recipes/quickstart/math", "--scorer", "random", "--html", _folder["no/page.html"]);
        Assert.Equal(6, score.ExitCode);
        Assert.Contains("MH5007", score.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
