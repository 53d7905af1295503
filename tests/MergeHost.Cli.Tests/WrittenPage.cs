using System.Text.Json;
using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests;

/// <summary>A page that a command wrote, as far as it can be read without a browser.</summary>
internal sealed class WrittenPage
{
    private readonly string _html;

    public WrittenPage(string html)
    {
        _html = html;

        // Nothing is asked of a network: neither by what the page has, nor by what its policy would let it.
        Assert.DoesNotMatch("<(link|img|iframe|script[^>]+src)|@import|url\\(", html[..html.IndexOf("<script>", StringComparison.Ordinal)]);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        foreach ((string table, JsonElement plot) in Plots)
        {
            HashSet<string> columns = [.. Regex.Matches(table, "<th scope=\"col\"[^>]*>(.*?)</th>")
                .Select(match => System.Net.WebUtility.HtmlDecode(match.Groups[1].Value))];
            Assert.All(
                ((string[])["x", "y", "value", "series", "low", "high", "mark", "label"]).Where(name => plot.TryGetProperty(name, out _)),
                name => Assert.Contains(plot.GetProperty(name).GetString()!, columns));
        }
    }

    /// <summary>What it says first.</summary>
    public string Verdict => System.Net.WebUtility.HtmlDecode(Regex.Match(_html, "<p class=\"verdict\">(.*?)</p>").Groups[1].Value);

    public IReadOnlyList<string> Headings =>
        [.. Regex.Matches(_html, "<h2>(.*?)</h2>").Select(match => System.Net.WebUtility.HtmlDecode(match.Groups[1].Value))];

    /// <summary>Each picture with the table that it is drawn from.</summary>
    public IReadOnlyList<(string Table, JsonElement Plot)> Plots =>
    [
        .. Regex.Matches(_html, "<figure>(.*?)</figure>", RegexOptions.Singleline).SelectMany(figure =>
            Regex.Matches(figure.Groups[1].Value, "data-plot=\"(.*?)\"").Select(plot => (
                Regex.Match(figure.Groups[1].Value, "<table>.*</table>", RegexOptions.Singleline).Value,
                JsonDocument.Parse(System.Net.WebUtility.HtmlDecode(plot.Groups[1].Value)).RootElement))),
    ];

    /// <summary>The rows of the table of the first picture with a title that begins so.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows(string title)
    {
        string table = Plots.First(plot => plot.Plot.GetProperty("title").GetString()!.StartsWith(title, StringComparison.Ordinal)).Table;
        return
        [
            .. Regex.Matches(table, "<tr>(<td.*?)</tr>").Select(row => (IReadOnlyList<string>)
                [.. Regex.Matches(row.Groups[1].Value, "<td[^>]*>(.*?)</td>").Select(cell => cell.Groups[1].Value)]),
        ];
    }

    /// <summary>How often it holds something.</summary>
    public int Count(string pattern) => Regex.Count(_html, pattern);
}
