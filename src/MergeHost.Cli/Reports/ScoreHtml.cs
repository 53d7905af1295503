using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation.Statistics;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Scoring;
using MergeHost.Selecting;

namespace MergeHost.Cli.Reports;

/// <summary>Scores as a page: for each scorer a heat map and the ranking with the policies' cuts, how scorers agree, and what scores
/// are worth, where that was measured.</summary>
internal static class ScoreHtml
{
    /// <summary>The page.</summary>
    public static HtmlPage Write(ScoreReport report)
    {
        HtmlPage page = new($"{ModelName.Of(report.Adapted)} scored against {ModelName.Of(report.Base)}", Verdict.Of(report));
        page.Note("A score says what training changed; that restoring by it helps is for a benchmark to show "
            + $"({(report.Validation is null ? "mergehost score --validate SUITE" : "below")}).");
        ScorerSummary[] drawn = [.. report.Scorers.Where(scorer => Scored(report, scorer).Any())];
        foreach (ScorerSummary scorer in drawn)
        {
            Append(page, report, scorer);
        }

        AppendAgreement(page, report, drawn);
        if (report.Validation is { } validation)
        {
            ValidationHtml.Append(page, validation);
        }

        page.Section("Tables").Folded("Tensor by tensor", new PageTable(
            ["tensor", "shape", .. report.Scorers.Select(scorer => $"#{scorer.Id}")],
            [
                .. report.Tensors.Where(tensor => tensor.Scores.Count > 0).Select(tensor => (PageCell[])
                    [tensor.Name, $"[{string.Join(", ", tensor.Shape)}]",
                        .. report.Scorers.Select(scorer => PageCell.Of(tensor.Scores.GetValueOrDefault(scorer.Id)?.Value))]),
            ]));
        foreach (ScorerSummary scorer in report.Scorers)
        {
            page.Fact(scorer.Id,
                $"plugin {scorer.Plugin}{string.Concat(scorer.Options.Select(option => $", {option.Key} {option.Value}"))}");
        }

        return page.Fact("without scores", string.Create(CultureInfo.InvariantCulture,
            $"{report.Tensors.Count(tensor => tensor.Scores.Count == 0)} of {report.Tensors.Count} tensors: vectors, embeddings and "
                + $"heads"));
    }

    private static IEnumerable<ScoredTensor> Scored(ScoreReport report, ScorerSummary scorer) =>
        report.Tensors.Where(tensor => tensor.Layer is not null && tensor.Scores.ContainsKey(scorer.Id));

    private static void Append(HtmlPage page, ScoreReport report, ScorerSummary scorer)
    {
        bool isGlobal = scorer.Comparability == ScoreComparability.Global;
        ILookup<string, ScoredTensor> modules = Scored(report, scorer).ToLookup(tensor => tensor.Module);
        int most = modules.Max(module => module.Count());
        (double Least, double Most) all = Range(modules.SelectMany(module => module), scorer);
        List<PageCell[]> rows = [];
        foreach (IGrouping<string, ScoredTensor> module in modules)
        {
            (double least, double largest) = isGlobal ? all : Range(module, scorer);
            foreach ((int place, ScoredTensor tensor) in module.OrderBy(tensor => tensor.Scores[scorer.Id].Rank).Index())
            {
                double score = tensor.Scores[scorer.Id].Value;
                rows.Add(
                [
                    tensor.Layer!.Value, module.Key, PageCell.Of(score),
                    PageCell.Of(largest == least ? 0.5 : (score - least) / (largest - least), "0.00"), place + 1,
                    string.Join(", ",
                        Enum.GetValues<SelectionPolicy>().Where(policy => place < Selector.Count(module.Count(), policy.Fraction())))
                            .ToLowerInvariant(),
                ]);
            }
        }

        string order = scorer.RestoreFirst == RestoreFirst.Highest ? "highest" : "lowest";
        page.Section(scorer.Id);
        page.Note($"The {order} scores are restored first. Shades run from 0 for the smallest to 1 for the "
            + $"largest {(isGlobal ? "score of the model" : "score of each row: rows cannot be compared with each other")}.");
        page.Figure($"{scorer.Id} by layer and module",
            new PageTable(["#layer", "module", $"#{scorer.Id}", "#shade", "#rank", "restored by"], rows),
            new PagePlot("heat", $"{scorer.Id} of each weight matrix, by layer and module", "layer", "module")
            {
                Value = "shade",
                Label = scorer.Id,
                Domain = [0, 1]
            },
            new PagePlot("curves",
                $"{scorer.Id} in the order in which a module's layers are restored; up to a line goes what a policy chooses", "rank",
                scorer.Id)
            {
                Series = "module",
                Label = "layer",
                Cuts = [.. Enum.GetValues<SelectionPolicy>().GroupBy(policy => Selector.Count(most, policy.Fraction()))
                    .Select(cut => new PlotLine(cut.Key + 0.5, string.Join(", ", cut).ToLowerInvariant()))],
            });
    }

    private static (double Least, double Most) Range(IEnumerable<ScoredTensor> tensors, ScorerSummary scorer)
    {
        double[] values = [.. tensors.Select(tensor => tensor.Scores[scorer.Id].Value)];
        return (values.Min(), values.Max());
    }

    private static void AppendAgreement(HtmlPage page, ScoreReport report, ScorerSummary[] scorers)
    {
        if (scorers.Length < 2)
        {
            return;
        }

        page.Section("How scorers agree").Figure("Correlation of the orders in which two scorers restore the layers of a module",
            new PageTable(["scorer", "other", "#Spearman's ρ"],
            [
                .. from a in scorers
                   from b in scorers
                   where a != b
                   let rho = Correlation(report, a, b)
                   where rho is not null
                   select (PageCell[])[a.Id, b.Id, PageCell.Of(rho, "0.00")],
            ]),
            new PagePlot("heat", "Agreement of scorers: 1 for the same order, -1 for the opposite one", "scorer", "other")
            {
                Value = "Spearman's ρ",
                Diverging = true
            });
    }

    // Over the layers of each module that both score, as validations compare ranks.
    private static double? Correlation(ScoreReport report, ScorerSummary a, ScorerSummary b)
    {
        ScoredTensor[] both = [.. Scored(report, a).Where(tensor => tensor.Scores.ContainsKey(b.Id))];
        return RankAgreement.Rho(
            [.. both.Select(tensor => tensor.Module)], [.. both.Select(tensor => (double)tensor.Scores[a.Id].Rank)],
            [.. both.Select(tensor => (double)tensor.Scores[b.Id].Rank)]);
    }
}
