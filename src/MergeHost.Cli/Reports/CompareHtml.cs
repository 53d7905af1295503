using System.Globalization;
using System.Text;
using MergeHost.Cli.Output;
using MergeHost.Reports;
using static MergeHost.Cli.Reports.HtmlPage;

namespace MergeHost.Cli.Reports;

/// <summary>Distances of checkpoints as a page: who is how near to whom, layer by layer, and all numbers.</summary>
internal static class CompareHtml
{
    /// <summary>The page.</summary>
    public static string Write(ComparisonReport report)
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"<p>{Bytes.Count(report.Pairs[0].Whole.Elements)} parameters each.");
        body.Append(report.Base is null ? "" : $" Task vectors τ are differences from {Text(report.Base)}.");
        body.Append(report.LeftOut.Count == 0 ? "</p>\n" : $" Left out, since they have no distance: {Text(string.Join(", ", report.LeftOut))}.</p>\n");
        body.Append(Pairs(report.Pairs)).Append('\n');
        foreach (string hint in report.Pairs.SelectMany(pair => pair.Hints.Select(hint => $"{pair.A} and {pair.B}: {hint}")))
        {
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(hint)}</p>\n");
        }

        body.Append("<h2>Cosine of weights</h2>\n").Append(ComparePlots.Cosines(report, distance => distance.Cosine));
        if (report.Base is not null)
        {
            body.Append("<h2>Cosine of task vectors</h2>\n").Append(ComparePlots.Cosines(report, distance => distance.TaskVectors?.Cosine));
        }

        AppendLayers(body, report);
        foreach (PairComparison pair in report.Pairs)
        {
            body.Append(CultureInfo.InvariantCulture, $"<h2>{Text(pair.A)} and {Text(pair.B)}, tensor by tensor</h2>\n");
            body.Append(Numbers(Table(Header(pair), pair.Tensors.Select(tensor => Cells(tensor.Name, tensor.Distance)))));
        }

        return Of($"{string.Join(", ", report.Models)} compared", body);
    }

    private static void AppendLayers(StringBuilder body, ComparisonReport report)
    {
        if (report.Pairs.All(pair => pair.Layers.Count == 0))
        {
            return;
        }

        body.Append("<h2>Layer by layer</h2>\n").Append(ComparePlots.Layers(report, "L2 distance", distance => distance.L2));
        if (report.Pairs.Any(pair => pair.Whole.TaskVectors is not null))
        {
            body.Append(ComparePlots.Layers(report, "cosine of τ", distance => distance.TaskVectors?.Cosine));
            body.Append(ComparePlots.Layers(report, "sign conflicts, %", distance => 100 * distance.TaskVectors?.SignConflictRate));
        }

        foreach (PairComparison pair in report.Pairs)
        {
            body.Append(CultureInfo.InvariantCulture, $"<h3>{Text(pair.A)} and {Text(pair.B)}</h3>\n");
            body.Append(Numbers(Table(Header(pair), pair.Layers.Select(layer => Cells(layer.Layer.ToString(CultureInfo.InvariantCulture), layer.Distance)))));
        }
    }

    // Pairs with the base have no task vectors to compare; where others do, their columns stay empty.
    private static string Pairs(IReadOnlyList<PairComparison> pairs) => Table(
        Header(pairs.FirstOrDefault(pair => pair.Whole.TaskVectors is not null) ?? pairs[0]),
        pairs.Select(pair => Cells($"{pair.A} and {pair.B}", pair.Whole)));

    private static IReadOnlyList<string> Header(PairComparison pair) =>
        pair.Whole.TaskVectors is null ? ["", "L2", "cosine"] : ["", "L2", "cosine", "length of τ (first)", "length of τ (second)", "cosine of τ", "sign conflicts"];

    private static IReadOnlyList<string> Cells(string name, Distance distance) => distance.TaskVectors is { } tasks
        ? [name, Number(distance.L2), Cosine(distance.Cosine), Number(tasks.NormA), Number(tasks.NormB), Cosine(tasks.Cosine), Percent(tasks.SignConflictRate)]
        : [name, Number(distance.L2), Cosine(distance.Cosine)];

    private static string Cosine(double? cosine) => cosine?.ToString("F6", CultureInfo.InvariantCulture) ?? "";
}
