using System.Globalization;
using System.Text;
using MergeHost.Reports;
using static MergeHost.Cli.Reports.HtmlPage;
using Figures = MergeHost.Cli.Output.Numbers;

namespace MergeHost.Cli.Reports;

/// <summary>What a suite found as a page: values with intervals, changes from the base, and how merges compare with what they were made of.</summary>
internal static class EvaluationHtml
{
    /// <summary>The page.</summary>
    public static string Write(EvaluationSummary summary)
    {
        StringBuilder body = new();
        body.Append("<p>Lines and ± show bootstrap intervals of 95 % over the items of each task.</p>\n");
        IReadOnlyList<string> names = Output.ModelName.Of([.. summary.Models.Select(model => model.Name)]);
        foreach (IGrouping<bool, int> kind in Enumerable.Range(0, summary.Models[0].Tasks.Count).Where(task => summary.Models[0].Tasks[task].IsMain)
            .GroupBy(task => summary.Models[0].Tasks[task].HigherIsBetter).OrderBy(kind => kind.Key))
        {
            body.Append(CultureInfo.InvariantCulture, $"<h2>{(kind.Key ? "Questions" : "Texts")}</h2>\n");
            body.Append(EvaluationPlots.Values(summary.Models, names, [.. kind]));
            body.Append(Numbers(Table(["task", "metric", .. names], kind.Select(task =>
                (IReadOnlyList<string>)[summary.Models[0].Tasks[task].Task, summary.Models[0].Tasks[task].Metric, .. summary.Models.Select(model => Figures.Task(model.Tasks[task]))]))));
        }

        AppendChanges(body, [.. summary.Models.Zip(names).Where(model => model.First.Changes.Count > 0).Select(model => (model.Second, model.First.Changes))]);
        (ModelSummary Model, string Name)[] compared = [.. summary.Models.Zip(names).Where(model => model.First.Metrics.Count > 0)];
        if (compared.Length > 0)
        {
            body.Append("<h2>Compared with base and experts</h2>\n");
            body.Append(Table(["", "over", .. compared.Select(model => model.Name)], compared[0].Model.Metrics.Select((metric, index) =>
                (IReadOnlyList<string>)[Figures.Name(metric.Name), metric.Over, .. compared.Select(model => Figures.Metric(model.Model.Metrics[index]))])
                .Append(["better than all of them on", "", .. compared.Select(model => Figures.Improved(model.Model.Gaps))])));
        }

        return Of($"{summary.Suite}: {string.Join(", ", names)}", body);
    }

    /// <summary>How models differ from their base, as a picture and as numbers; nothing without models.</summary>
    public static void AppendChanges(StringBuilder body, IReadOnlyList<(string Name, IReadOnlyList<TaskChange> Changes)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        body.Append("<h2>Change from the base</h2>\n<p class=\"note\">In points of 100; a perplexity p counts as 100 / p. Items are paired.</p>\n");
        body.Append(EvaluationPlots.Changes(rows));
        body.Append(Numbers(Table(["task", .. rows.Select(row => row.Name)], rows[0].Changes.Select((change, task) =>
            (IReadOnlyList<string>)[change.Task, .. rows.Select(row => Change(row.Changes[task]))]))));
    }

    private static string Change(TaskChange change) =>
        string.Create(CultureInfo.InvariantCulture, $"{change.Difference:+0.0;-0.0;0.0} ±{(change.High - change.Low) / 2:0.0} {change.Verdict}");
}
