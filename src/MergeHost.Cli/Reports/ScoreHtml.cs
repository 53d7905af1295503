using System.Globalization;
using System.Net;
using System.Text;
using MergeHost.Scoring;

namespace MergeHost.Cli.Reports;

/// <summary>Scores as a page that needs nothing but itself: for each scorer a heat map, the ranking with the policies' cuts, and all numbers.</summary>
internal static class ScoreHtml
{
    private const string Style = """
        body { font: 15px/1.5 sans-serif; color: #222; max-width: 960px; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.4em; } h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ccc; }
        svg { max-width: 100%; height: auto; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
        th, td { padding: 2px 8px; text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
        tr:nth-child(even) td { background: #f5f5f5; }
        td.aggressive { border-right: 2px solid #c0392b; } td.balanced { border-right: 2px solid #d68910; } td.conservative { border-right: 2px solid #2471a3; }
        .note { color: #555; } summary { cursor: pointer; }
        """;

    /// <summary>The page.</summary>
    public static string Write(ScoreReport report)
    {
        StringBuilder page = new();
        string title = $"{Text(report.Adapted)} scored against {Text(report.Base)}";
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>{Style}</style></head>
            <body>
            <h1>{title}</h1>
            <p>{report.LayerCount} layers, {report.Tensors.Count(tensor => tensor.Scores.Count > 0)} of {report.Tensors.Count} tensors with scores.
            Those without are vectors, embeddings and heads. A score says what training changed; that restoring by it helps is for a benchmark to show
            {(report.Validation is null ? "(<code>--validate</code>)" : "(<a href=\"#validation\">below</a>)")}.</p>

            """);
        foreach (ScoreGrid grid in report.Scorers.Select(scorer => new ScoreGrid(report, scorer)).Where(grid => grid.Modules.Count > 0))
        {
            Append(page, grid);
        }

        if (report.Validation is { } validation)
        {
            Append(page, validation);
        }

        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void Append(StringBuilder page, ScoreGrid grid)
    {
        bool isGlobal = grid.Scorer.Comparability == ScoreComparability.Global;
        string order = grid.Scorer.RestoreFirst == RestoreFirst.Highest ? "highest" : "lowest";
        string options = string.Join(", ", grid.Scorer.Options.Select(option => $"{option.Key}: {option.Value}"));
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>{Text(grid.Scorer.Id)}</h2>
            <p class="note">Plugin {Text(grid.Scorer.Plugin)}{(options.Length > 0 ? $"; {Text(options)}" : "")}. The {order} scores are restored first.
            Shades run from the smallest to the largest {(isGlobal ? "score of the model" : "score of each row: rows cannot be compared with each other")}.</p>
            {ScorePlots.HeatMap(grid, grid.Shade)}
            <details><summary>Numbers</summary><div class="wide">{Numbers(grid)}</div></details>
            {ScorePlots.Ranking(grid)}
            <p class="note">Layers in the order in which they are restored. Up to a line goes what a policy chooses: aggressive red, balanced orange, conservative blue.</p>
            <div class="wide">{Order(grid)}</div>

            """);
    }

    private static void Append(StringBuilder page, ScoreValidation validation)
    {
        string units = validation.ByLayer ? "layers" : "matrices";
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2 id="validation">What the scores are worth</h2>
            <p class="note">Checked by the suite {Text(validation.Suite)} ({Text(string.Join(", ", validation.Tasks))}). Each of {validation.Units.Count} {units} was set to the base's by
            itself, and then more and more of them in the order of each scorer. ρ is Spearman's correlation of ranks{(validation.ByLayer ? "" : " within a module type")}; chance is the share of
            random orders that do as well or better. The trade-off is the share of lost ability that comes back, plus the share of the gain that is left, minus 100, on average over a
            scorer's order: 0 exchanges one for the other.</p>

            """);
        foreach ((int over, KeptAbility adapted) in validation.Adapted.Index())
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <h3>Over tasks with {(adapted.Over == "accuracy" ? "an accuracy" : "a perplexity")}: as trained, {Percent(adapted.General)} of general ability and {Percent(adapted.Gain)} of the gain</h3>
                <div class="wide">{Agreements(validation, adapted.Over)}</div>

                """);
            if (adapted.General is not null && adapted.Gain is not null)
            {
                page.Append(CultureInfo.InvariantCulture, $"""
                    {ValidationPlots.Curves(validation, over)}
                    <p class="note">Restored from nothing, above on the left, to all {units}, in the order of each scorer.</p>
                    <details><summary>Numbers</summary><div class="wide">{Curves(validation, over)}</div></details>
                    {ValidationPlots.Units(validation, over)}
                    <p class="note">Each of the {units}, set to the base's by itself.</p>

                    """);
            }

            page.Append(CultureInfo.InvariantCulture, $"<details><summary>Numbers</summary><div class=\"wide\">{Units(validation, over)}</div></details>\n");
        }
    }

    private static string Agreements(ScoreValidation validation, string over) => Table(
        ["scorer", "ρ with ability back", "chance", "ρ with gain left", "chance", "trade-off"],
        validation.Agreements.Where(agreement => agreement.Over == over).Select(agreement => new[]
        {
            agreement.Scorer, Number(agreement.General?.Rho), Percent(agreement.General?.Chance), Number(agreement.Gain?.Rho), Percent(agreement.Gain?.Chance), Number(100 * agreement.TradeOff),
        }.Select(Cell)));

    private static string Curves(ScoreValidation validation, int over) => Table(
        ["scorer", "restored", "general ability kept", "gain kept"],
        validation.Curves.SelectMany(curve => curve.Points.Select(point => new[]
        {
            curve.Scorer, point.Restored.ToString(CultureInfo.InvariantCulture), Percent(point.Kept[over].General), Percent(point.Kept[over].Gain),
        }.Select(Cell))));

    private static string Units(ScoreValidation validation, int over) => Table(
        ["set to the base's", "general ability kept", "gain kept"],
        validation.Units.Select(unit => new[] { unit.Name, Percent(unit.Kept[over].General), Percent(unit.Kept[over].Gain) }.Select(Cell)));

    private static string Numbers(ScoreGrid grid) => Table(
        ["layer", .. grid.Modules],
        grid.Layers.Select(layer => grid.Modules.Select(module => Cell(Number(grid.Value(module, layer)))).Prepend(Cell(layer.ToString(CultureInfo.InvariantCulture)))));

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

    private static string Table(IEnumerable<string> header, IEnumerable<IEnumerable<string>> rows) =>
        $"<table><tr>{string.Concat(header.Select(cell => $"<th>{Text(cell)}</th>"))}</tr>{string.Concat(rows.Select(row => $"<tr>{string.Concat(row)}</tr>"))}</table>";

    private static string Cell(string text) => $"<td>{Text(text)}</td>";

    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Number(double? value) => Number(value ?? double.NaN);

    private static string Percent(double? share) => share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:F1} %") : "";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
