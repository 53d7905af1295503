using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>Distances of checkpoints as a page: what changed where, who is how near to whom, layer by layer, and all numbers.</summary>
internal static class CompareHtml
{
    // More tensors than anyone reads; the JSON has them all.
    private const int MostTensors = 8_000;

    /// <summary>The page.</summary>
    public static HtmlPage Write(ComparisonReport report)
    {
        IReadOnlyList<string> paths = [.. new[] { report.Base }.OfType<string>().Concat(report.Models)];
        Dictionary<string, string> names = paths.Distinct().Zip(ModelName.Of([.. paths.Distinct()]))
            .ToDictionary(pair => pair.First, pair => pair.Second);
        HtmlPage page = new($"{string.Join(", ", report.Models.Select(model => names[model]))} compared", Verdict.Of(report));
        if (report.Base is not null)
        {
            page.Section("What changed from the base");
            foreach (PairComparison pair in report.Pairs.Where(pair => pair.A == report.Base))
            {
                page.Figure(names[pair.B], LayerGrid.Changes(pair, []),
                    LayerGrid.ChangePlot(
                        $"Change of weights from {names[pair.A]} to {names[pair.B]}, in percent of their length, by layer and module"));
            }
        }

        AppendSimilarity(page, report, names);
        AppendLayers(page, report, names);
        page.Section("Tables").Table("Each two models", Pairs(report.Pairs, names));
        foreach (string hint in report.Pairs.Where(pair => pair.A != report.Base)
            .SelectMany(pair => pair.Hints.Select(hint => $"{names[pair.A]} and {names[pair.B]}: {hint}.")).Distinct())
        {
            page.Note(hint);
        }

        int tensors = report.Pairs.Sum(pair => pair.Tensors.Count);
        if (tensors <= MostTensors)
        {
            page.Folded("Tensor by tensor",
                Table("tensor",
                    report.Pairs.SelectMany(pair =>
                        pair.Tensors.Select(tensor => (Of(pair, names), (PageCell)tensor.Name, tensor.Distance)))));
        }
        else
        {
            page.Note(string.Create(CultureInfo.InvariantCulture, $"{tensors:N0} lines of tensors are left out; --json has them."));
        }

        return page.Fact("parameters", Bytes.Count(report.Pairs[0].Whole.Elements))
            .Fact("left out, without a distance", string.Join(", ", report.LeftOut));
    }

    /// <summary>How alike models are, each with each.</summary>
    public static void AppendSimilarity(HtmlPage page, ComparisonReport report, IReadOnlyDictionary<string, string> names)
    {
        page.Section("How alike the models are");
        Append("Cosine of weights", "cosine", pair => pair.Whole.Cosine);
        if (report.Pairs.Any(pair => pair.Whole.TaskVectors is not null))
        {
            Append("Cosine of task vectors: what training changed", "cosine", pair => pair.Whole.TaskVectors?.Cosine);
            Append("Conflicts of sign: of the weights that both changed, the share that they moved in opposite directions", "conflicts, %",
                pair => 100 * pair.Whole.TaskVectors?.SignConflictRate);
        }

        void Append(string title, string value, Func<PairComparison, double?> of)
        {
            List<(string A, string B, double Value)> pairs = [.. report.Pairs.Where(pair => of(pair) is not null)
                .Select(pair => (names[pair.A], names[pair.B], of(pair)!.Value))];
            string format = value == "cosine" ? "0.0000" : "0.0";
            page.Figure(title,
                new PageTable(["model", "other", $"#{value}"],
                    [.. pairs.SelectMany(pair => (PageCell[][])[Row(pair.A, pair.B, pair.Value), Row(pair.B, pair.A, pair.Value)])]),
                new PagePlot("heat", title, "model", "other") { Value = value });

            PageCell[] Row(string a, string b, double number) => [a, b, PageCell.Of(number, format)];
        }
    }

    private static void AppendLayers(HtmlPage page, ComparisonReport report, Dictionary<string, string> names)
    {
        List<(PageCell, PageCell, Distance)> rows = [.. report.Pairs.SelectMany(pair =>
            pair.Layers.Select(layer => (Of(pair, names), (PageCell)layer.Layer, layer.Distance)))];
        if (rows.Count == 0)
        {
            return;
        }

        List<PagePlot> plots = [Plot("L2 distance, layer by layer", "L2"), Plot("Cosine of weights, layer by layer", "cosine")];
        if (report.Pairs.Any(pair => pair.Whole.TaskVectors is not null))
        {
            plots.Add(Plot("Cosine of task vectors, layer by layer", "cosine of τ") with { Zero = true });
            plots.Add(Plot("Conflicts of sign, layer by layer", "sign conflicts, %"));
        }

        page.Section("Layer by layer").Figure("Each two models", Table("#layer", rows), [.. plots]);

        static PagePlot Plot(string title, string value) => new("curves", title, "layer", value) { Series = "models" };
    }

    private static PageTable Pairs(IReadOnlyList<PairComparison> pairs, Dictionary<string, string> names) =>
        Table("#parameters", pairs.Select(pair => (Of(pair, names), (PageCell)Bytes.Count(pair.Whole.Elements), pair.Whole)));

    // Pairs with the base have no task vectors to compare.
    private static PageTable Table(string what, IEnumerable<(PageCell Models, PageCell What, Distance Distance)> rows) => new(
        ["models", what, "#L2", "#cosine", "#length of first τ", "#length of second τ", "#cosine of τ", "#sign conflicts, %"],
        [
            .. rows.Select(row => (PageCell[])
            [
                row.Models, row.What, PageCell.Of(row.Distance.L2), PageCell.Of(row.Distance.Cosine, "F6"),
                PageCell.Of(row.Distance.TaskVectors?.NormA),
                PageCell.Of(row.Distance.TaskVectors?.NormB), PageCell.Of(row.Distance.TaskVectors?.Cosine, "F6"),
                PageCell.Of(100 * row.Distance.TaskVectors?.SignConflictRate, "F1"),
            ]),
        ]);

    private static PageCell Of(PairComparison pair, Dictionary<string, string> names) => $"{names[pair.A]} and {names[pair.B]}";
}
