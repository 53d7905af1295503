using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The pages of <c>merge</c> and <c>plan</c>.</summary>
public sealed class MergeHtmlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Merge_WithHtml_ShowsWhatChangedAndWhatWasRestored()
    {
        WrittenPage page = Run("merge", "recipes/spear-mm.yaml", _folder["out"]);
        Assert.Equal("slerp of 2 models made 38 tensors, 5.90 MB; every tensor of every model is accounted for.", page.Verdict);
        Assert.Equal(["What changed", "What became of the models' tensors", "Tables", "Where this comes from"], page.Headings);

        // The balanced policy takes three tenths of four layers of seven modules, rounded up.
        IReadOnlyList<IReadOnlyList<string>> changes = page.Rows("Change of weights from base");
        Assert.Equal((4 * 9, 7 * 2), (changes.Count, changes.Count(row => row[3] == "restored")));
        Assert.Contains(["finance", "copied", "24"], page.Rows("How many tensors").Select(row => row.Take(3)));
        Assert.Equal(1, page.Count("<summary>Recipe</summary>"));
        Assert.Equal(1, page.Count("<dt>seed</dt><dd>0</dd>"));
    }

    [Fact]
    public void Merge_WithHtmlWhereLayersAreStacked_LeavesOutWhatCannotBeCompared()
    {
        File.WriteAllText(_folder["stack.yaml"], """
            merge_method: passthrough
            slices:
              - sources: [{model: recipes/quickstart/base, layer_range: [0, 4]}]
              - sources: [{model: recipes/quickstart/finance, layer_range: [2, 4]}]
            """);
        WrittenPage page = Run("merge", _folder["stack.yaml"], _folder["out"]);
        Assert.DoesNotContain("What changed", page.Headings);
        Assert.Contains("What became of the models' tensors", page.Headings);
    }

    [Fact]
    public void Plan_WithHtml_ShowsTreatmentsAndChoices()
    {
        WrittenPage page = Run("plan", "recipes/spear-mm.yaml");
        Assert.StartsWith("The recipe can run: slerp makes 38 tensors (2.89 M parameters). It reads ", page.Verdict,
            StringComparison.Ordinal);
        Assert.Equal(["bars", "heat", "heat"], page.Plots.Select(plot => plot.Plot.GetProperty("kind").GetString()));
        Assert.Equal(7 * 2, page.Rows("Scores by layer and module").Count(row => row[3] == "restore"));
    }

    public void Dispose() => _folder.Dispose();

    private WrittenPage Run(params string[] arguments)
    {
        CliResult run = Cli.Run([.. arguments, "--html", _folder["page.html"]]);
        Assert.True(run.ExitCode == 0, run.Talk);
        return new WrittenPage(File.ReadAllText(_folder["page.html"]));
    }
}
