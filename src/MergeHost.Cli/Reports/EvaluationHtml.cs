using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;
using Figures = MergeHost.Cli.Output.Formatting.Numbers;

namespace MergeHost.Cli.Reports;

/// <summary>What a suite found as a page: values with intervals, changes from the base, and how merges
/// compare with what they were made of.</summary>
internal static class EvaluationHtml
{
    /// <summary>The page.</summary>
    public static HtmlPage Write(EvaluationSummary summary)
    {
        IReadOnlyList<string> names = ModelName.Of([.. summary.Models.Select(model => model.Name)]);
        HtmlPage page = new($"{summary.Suite}: {string.Join(", ", names)}", Verdict.Of(summary));
        Append(page, summary, names);
        foreach ((ModelSummary model, string name) in summary.Models.Zip(names))
        {
            page.Fact($"weights of {name}", $"{model.Name}, {model.Role}, digest {model.Weights}");
        }

        return page.Fact("suite", summary.Suite);
    }

    /// <summary>Adds what was measured to a page.</summary>
    public static void Append(HtmlPage page, EvaluationSummary summary, IReadOnlyList<string> names)
    {
        foreach (IGrouping<bool, int> kind in Enumerable.Range(0, summary.Models[0].Tasks.Count)
            .Where(task => summary.Models[0].Tasks[task].IsMain)
                .GroupBy(task => summary.Models[0].Tasks[task].HigherIsBetter).OrderBy(kind => kind.Key))
        {
            string value = kind.Key ? "right, %" : summary.Models[0].Tasks[kind.First()].Metric;
            page.Section(kind.Key ? "Questions" : "Texts").Figure(
                kind.Key ? "Right answers, with intervals of 95 %" : $"{value}, lower is better, with intervals of 95 %",
                Values(summary, names, [.. kind], value),
                new PagePlot("dots",
                    kind.Key ? "Share of right answers of each model on each task" : $"{value} of each model on each task, lower is better",
                    value, "task")
                {
                    Series = "model",
                    Low = "low",
                    High = "high",
                    Log = !kind.Key,
                });
        }

        AppendChanges(page,
            [.. summary.Models.Zip(names).Where(model => model.First.Changes.Count > 0)
                .Select(model => (model.Second, model.First.Changes))]);
        (ModelSummary Model, string Name)[] compared = [.. summary.Models.Zip(names).Where(model => model.First.Metrics.Count > 0)];
        if (compared.Length > 0)
        {
            page.Section("Compared with base and experts").Table("Over all tasks of a kind", new PageTable(
                ["measure", "over", .. compared.Select(model => $"#{model.Name}")],
                [
                    .. compared[0].Model.Metrics.Select((metric, index) => (PageCell[])
                        [Figures.Name(metric.Name), metric.Over,
                            .. compared.Select(model => new PageCell(Figures.Metric(model.Model.Metrics[index]),
                                model.Model.Metrics[index].Value))]),
                    ["better than all of them on", "", .. compared.Select(model => (PageCell)Figures.Improved(model.Model.Gaps))],
                ])).Note(Meanings);
        }

        page.Section("All values").Table("± is half of a bootstrap interval of 95 % over the items of a task", new PageTable(
            ["task", "metric", "#items", .. names.Select(name => $"#{name}")],
            [
                .. summary.Models[0].Tasks.Select((task, index) => (PageCell[])
                    [task.Task, task.Metric, task.Count,
                        .. summary.Models.Select(model => new PageCell(Figures.Task(model.Tasks[index]), model.Tasks[index].Value))]),
            ]));
    }

    /// <summary>What the measures of merges mean.</summary>
    public const string Meanings =
        "Macro-Gain: points above the mean of the experts, on average over tasks. Macro-OG: points above the best of base and experts, "
        + "task by task. "
            + "Oracle Retention: the share of the best expert's score. General ability kept: the share of the base's score on general "
                + "tasks. "
            + "Experts' gain kept: the share of what the experts gained on their tasks. A perplexity p counts as 100 / p.";

    /// <summary>How models differ from their base; nothing without models.</summary>
    public static void AppendChanges(HtmlPage page, IReadOnlyList<(string Name, IReadOnlyList<TaskChange> Changes)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        page.Section("Change from the base")
            .Note("In points of 100; a perplexity p counts as 100 / p. Items are paired. Frames show where the interval of 95 % is clear "
                + "of zero.").Figure(
                "Change of each model on each task",
                new PageTable(
                    ["model", "task", "#points", "#low", "#high", "clear", "verdict"],
                    [
                        .. rows.SelectMany(row => row.Changes.Select(change => (PageCell[])
                        [
                            row.Name, change.Task, new PageCell(Figures.Signed(change.Difference, 1), change.Difference),
                            PageCell.Of(change.Low, "0.00"), PageCell.Of(change.High, "0.00"),
                            change.Verdict == "unchanged" ? "" : "clear of zero", change.Verdict,
                        ])),
                    ]),
                new PagePlot("heat", "Change from the base in points: blue is better, red is worse", "task", "model")
                {
                    Value = "points",
                    Diverging = true,
                    Mark = "clear"
                });
    }

    private static PageTable Values(EvaluationSummary summary, IReadOnlyList<string> names, IReadOnlyList<int> tasks, string value)
    {
        return new PageTable(
            ["task", "model", $"#{value}", "#low", "#high", "#items"],
            [
                .. tasks.SelectMany(index => summary.Models.Zip(names, (model, name) => (Task: model.Tasks[index], Name: name)))
                    .Select(found => (PageCell[])
                    [
                        found.Task.Task, found.Name, PageCell.Of(found.Task.Scale * found.Task.Value),
                        PageCell.Of(found.Task.Scale * found.Task.Low), PageCell.Of(found.Task.Scale * found.Task.High), found.Task.Count,
                    ]),
            ]);
    }
}
