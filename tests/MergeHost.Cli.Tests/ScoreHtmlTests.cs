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
    public void Score_WithHtmlWhereNothingCanBeWritten_SaysSo()
    {
        CliResult score = Cli.Run("score", "recipes/quickstart/base", "recipes/quickstart/math", "--scorer", "random", "--html", _folder["no/page.html"]);
        Assert.Equal(6, score.ExitCode);
        Assert.Contains("MH5007", score.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
