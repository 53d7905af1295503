using System.Globalization;
using System.Text;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Scoring;
using MergeHost.Selecting;
using static MergeHost.Cli.Reports.HtmlPage;

namespace MergeHost.Cli.Reports;

/// <summary>Scores as a page: for each scorer a heat map, the ranking with the policies' cuts, and all numbers; and what they are worth, where that was measured.</summary>
internal static class ScoreHtml
{
    /// <summary>The page.</summary>
    public static string Write(ScoreReport report)
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"""
            <p>{report.LayerCount} layers, {report.Tensors.Count(tensor => tensor.Scores.Count > 0)} of {report.Tensors.Count} tensors with scores.
            Those without are vectors, embeddings and heads. A score says what training changed; that restoring by it helps is for a benchmark to show
            {(report.Validation is null ? "(<code>--validate</code>)" : "(<a href=\"#validation\">below</a>)")}.</p>

            """);
        foreach (ScoreGrid grid in report.Scorers.Select(scorer => new ScoreGrid(report, scorer)).Where(grid => grid.Modules.Count > 0))
        {
            Append(body, grid);
        }

        if (report.Validation is { } validation)
        {
            ValidationHtml.Append(body, validation);
        }

        return Of($"{report.Adapted} scored against {report.Base}", body);
    }

    private static void Append(StringBuilder body, ScoreGrid grid)
    {
        bool isGlobal = grid.Scorer.Comparability == ScoreComparability.Global;
        string order = grid.Scorer.RestoreFirst == RestoreFirst.Highest ? "highest" : "lowest";
        string options = string.Join(", ", grid.Scorer.Options.Select(option => $"{option.Key}: {option.Value}"));
        body.Append(CultureInfo.InvariantCulture, $"""
            <h2>{Text(grid.Scorer.Id)}</h2>
            <p class="note">Plugin {Text(grid.Scorer.Plugin)}{(options.Length > 0 ? $"; {Text(options)}" : "")}. The {order} scores are restored first.
            Shades run from the smallest to the largest {(isGlobal ? "score of the model" : "score of each row: rows cannot be compared with each other")}.</p>
            {ScorePlots.HeatMap(grid, grid.Shade)}
            {Numbers(Values(grid))}{ScorePlots.Ranking(grid)}
            <p class="note">Layers in the order in which they are restored. Up to a line goes what a policy chooses: aggressive red, balanced orange, conservative blue.</p>
            {Order(grid)}

            """);
    }

    private static string Values(ScoreGrid grid) => Table(
        ["layer", .. grid.Modules],
        grid.Layers.Select(layer => (string[])[layer.ToString(CultureInfo.InvariantCulture), .. grid.Modules.Select(module => Number(grid.Value(module, layer)))]));

    private static string Order(ScoreGrid grid) => Table(
        ["module", .. Enumerable.Range(1, grid.Modules.Max(module => grid.Ranked(module).Count)).Select(rank => rank.ToString(CultureInfo.InvariantCulture))],
        grid.Modules.Select(module => OrderRow(grid, module)));

    private static IEnumerable<string> OrderRow(ScoreGrid grid, string module)
    {
        IReadOnlyList<ScoredTensor> ranked = grid.Ranked(module);
        yield return Cell(module);
        foreach ((int place, ScoredTensor tensor) in ranked.Index())
        {
            string? cut = Enum.GetValues<SelectionPolicy>().Where(policy => Selector.Count(ranked.Count, policy.Fraction()) == place + 1)
                .Select(policy => policy.ToString().ToLowerInvariant()).FirstOrDefault();
            string layer = string.Create(CultureInfo.InvariantCulture, $"{tensor.Layer}");
            yield return $"<td{(cut is null ? "" : $" class=\"{cut}\"")} title=\"{Number(grid.Value(tensor))}\">{layer}</td>";
        }
    }
}
