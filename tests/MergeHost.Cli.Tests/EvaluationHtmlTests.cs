using System.Text.RegularExpressions;
using System.Xml.Linq;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The pages of <c>evaluate</c> and <c>sweep</c>.</summary>
public sealed class EvaluationHtmlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EvaluationHtmlTests()
    {
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: bits, benchmark: tensor_count}, {name: 'known <b>', general: true, benchmark: tensor_count}]");
        File.WriteAllText(_folder["study.yaml"], """
            suite: suite.yaml
            base_model: recipes/quickstart/base
            experts: {F: recipes/quickstart/finance, M: recipes/quickstart/math}
            methods:
              TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.2, to: 0.8, step: 0.2}}}
              tuned: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {tune: [0, 1]}}}
            stages:
              - {name: recovery, merge: [F, M], settings: all}
              - {name: complementarity, merge: [FM], settings: best}
            """);
    }

    [Fact]
    public void Evaluate_WithHtml_WritesAPageWithPicturesAndTheNumbersBehindThem()
    {
        string page = Run("evaluate", "recipes/task-arithmetic.yaml", "--suite", _folder["suite.yaml"], "--base", "recipes/quickstart/base", "--expert", "recipes/quickstart/finance");
        Assert.Equal(["Questions", "Change from the base", "Compared with base and experts"], Headings(page));
        Assert.Equal(2, Pictures(page).Count);
        Assert.Equal(2, Regex.Count(page, "<summary>Numbers</summary>"));
        Assert.Contains("known &lt;b&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Sweep_WithHtml_WritesCurvesHeatMapsAndAllNumbers()
    {
        string page = Run("sweep", _folder["study.yaml"]);
        Assert.Equal(
            ["Tasks that count right answers, in points of 100", "Change from the base", "BF tuned", "BM tuned", "FM tuned", "How far the models are from each other"],
            Headings(page).Select(heading => heading.Split(':')[0]));

        // Two curves and a heat map of lambda, the plane, the changes, and two squares of cosines.
        Assert.Equal(7, Pictures(page).Count);
        string numbers = Regex.Match(page, "<summary>Numbers</summary>(.*?)</details>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(1 + ((4 + 1) * 2) + 2, Regex.Count(numbers, "<tr>"));
        Assert.Contains("<td>lambda 0.2", numbers, StringComparison.Ordinal);
        Assert.Contains("<td>1/N</td>", page, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Run(params string[] arguments)
    {
        CliResult run = Cli.Run([.. arguments, "--html", _folder["page.html"], "--no-cache", "--plugins", Cli.FixturePlugins]);
        Assert.True(run.ExitCode == 0, run.Talk);
        string page = File.ReadAllText(_folder["page.html"]);
        Assert.All(Regex.Matches(page, "https?://[^\"]*").Select(match => match.Value), address => Assert.StartsWith("http://www.w3.org/", address, StringComparison.Ordinal));
        return page;
    }

    private static IEnumerable<string> Headings(string page) => Regex.Matches(page, "<h2>(.*?)</h2>").Select(match => match.Groups[1].Value);

    private static List<XElement> Pictures(string page) => [.. Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value))];
}
