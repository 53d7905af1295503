using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The pages of <c>evaluate</c> and <c>sweep</c>.</summary>
public sealed class EvaluationHtmlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EvaluationHtmlTests()
    {
        File.WriteAllText(_folder["suite.yaml"],
            "tasks: [{name: bits, benchmark: tensor_count}, {name: 'known <b>', general: true, benchmark: tensor_count}]");
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
        WrittenPage page = Run("evaluate", "recipes/task-arithmetic.yaml", "--suite", _folder["suite.yaml"], "--base",
            "recipes/quickstart/base", "--expert", "recipes/quickstart/finance");
        Assert.Equal(["Questions", "Change from the base", "Compared with base and experts", "All values", "Where this comes from"],
            page.Headings);
        Assert.Equal(2, page.Plots.Count);
        Assert.Equal(2 * 3, page.Rows("Share of right answers").Count);
        Assert.StartsWith("task-arithmetic.yaml keeps ", page.Verdict, StringComparison.Ordinal);
        Assert.NotEqual(0, page.Count("known &lt;b&gt;"));
        Assert.Equal(0, page.Count("known <b>"));
        Assert.Equal(1, page.Count("<dt>suite.yaml</dt><dd>SHA-256 [0-9a-f]{64}</dd>"));
        Assert.Equal(3, page.Count("<dt>weights of [^<]*</dt><dd>[^<]*digest [0-9a-f]{32}</dd>"));
        Assert.Equal(1, page.Count("<dt>command</dt><dd>mergehost evaluate recipes/task-arithmetic.yaml"));
    }

    [Fact]
    public void Sweep_WithHtml_WritesCurvesPlaneAndAllNumbers()
    {
        WrittenPage page = Run("sweep", _folder["study.yaml"]);
        Assert.Equal(
            [
                "Tasks that count right answers, in points of 100", "Change from the base", "How alike the models are", "Tables",
                "BF tuned", "BM tuned", "FM tuned", "Where this comes from",
            ],
            page.Headings.Select(heading => heading.Split(':')[0]));
        Assert.StartsWith("Best by Macro-OG: ", page.Verdict, StringComparison.Ordinal);

        // Two curves of lambda, the plane, the changes, and three squares of how alike models are.
        Assert.Equal(["curves", "curves", "plane", "heat", "heat", "heat", "heat"],
            page.Plots.Select(plot => plot.Plot.GetProperty("kind").GetString()));
        Assert.Equal(((4 + 1) * 2) + 2, page.Rows("What each merge keeps").Count);
        Assert.Equal(2 * 4, page.Rows("Macro-OG of TA by lambda").Count);
        Assert.NotEqual(0, page.Count("<td>1/N</td>"));
    }

    [Fact]
    public void Sweep_WithWriteBest_WritesARecipeThatCanBePlannedAnywhere()
    {
        CliResult sweep = Cli.Run("sweep", _folder["study.yaml"], "--write-best", _folder["best.yaml"], "--no-cache", "--plugins",
            Cli.FixturePlugins);
        Assert.True(sweep.ExitCode == 0, sweep.Talk);
        Assert.Contains("\nBest by Macro-OG: ", sweep.Output, StringComparison.Ordinal);
        Assert.StartsWith("# Best by Macro-OG: ", File.ReadAllText(_folder["best.yaml"]), StringComparison.Ordinal);
        CliResult plan = Cli.Run("plan", _folder["best.yaml"]);
        Assert.True(plan.ExitCode == 0, plan.Talk);
        Assert.StartsWith("output: task_arithmetic ", plan.Output, StringComparison.Ordinal);

        // Each model by each task: what is counted ends at all of them.
        Assert.Contains("[2/", sweep.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Sweep_WithWriteBestIntoAMissingFolder_SaysSoBeforeTheWork()
    {
        CliResult sweep = Cli.Run("sweep", _folder["study.yaml"], "--write-best", _folder["no/best.yaml"], "--plugins", Cli.FixturePlugins);
        Assert.Equal(6, sweep.ExitCode);
        Assert.StartsWith("error MH5007: ", sweep.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private WrittenPage Run(params string[] arguments)
    {
        CliResult run = Cli.Run([.. arguments, "--html", _folder["page.html"], "--no-cache", "--plugins", Cli.FixturePlugins]);
        Assert.True(run.ExitCode == 0, run.Talk);
        return new WrittenPage(File.ReadAllText(_folder["page.html"]));
    }
}
