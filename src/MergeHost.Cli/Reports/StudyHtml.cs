using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using Figures = MergeHost.Cli.Output.Formatting.Numbers;

namespace MergeHost.Cli.Reports;

/// <summary>A study as a page: curves of what was tried with the control, what is kept and lost, how far
/// the models are apart, and all numbers.</summary>
internal static class StudyHtml
{
    private static readonly string[] _drawn = [MergeMetrics.MacroOutperformGapName, "macroGain"];

    /// <summary>The page.</summary>
    public static HtmlPage Write(StudySummary study)
    {
        HtmlPage page = new($"Study {study.Study}", Verdict.Of(study));
        page.Note("All numbers are of the half of the items that no setting was chosen by. Bands and ± show bootstrap intervals of 95 %; a "
            + "ring or * marks the setting that was chosen on the other half.");
        string[] kinds = [.. study.Points[0].Metrics.Select(metric => metric.Over).Distinct()];
        foreach (string over in kinds)
        {
            AppendPictures(page, study, over);
        }

        EvaluationHtml.AppendChanges(page,
            [.. study.Points.Where(point => point.IsChosen)
                .Select(point => ($"{point.Name} {Settings(point.Settings)}".TrimEnd(), point.Changes))]);
        IReadOnlyList<string> models = [.. study.Distances.Pairs.SelectMany(pair => (string[])[pair.A, pair.B]).Distinct()];
        CompareHtml.AppendSimilarity(page, study.Distances,
            models.Zip(ModelName.Of(models)).ToDictionary(pair => pair.First, pair => pair.Second));
        foreach (string over in kinds)
        {
            AppendTables(page, study, over);
        }

        page.Table("Chosen settings of several experts: what mean scores are above controls; alone: one expert added at the same strength",
            new PageTable(
                ["stage", "merge", "settings", "over", "above", "#points"],
                [
                    .. study.Points.SelectMany(point => point.Controls, (point, control) => (point, control))
                        .SelectMany(pair => pair.control.Metrics.Where(metric => metric.Name == MergeMetrics.MacroOutperformGapName),
                            (pair, metric) => (PageCell[])
                                [pair.point.Stage, pair.point.Name, Settings(pair.point.Settings), metric.Over, pair.control.With,
                                    new PageCell(Figures.Difference(metric), metric.Value)]),
                ]));
        page.Note(EvaluationHtml.Meanings);
        foreach (StudyPoint point in study.Points.Where(point => point.Tuning is not null))
        {
            AppendTuning(page, point, point.Tuning!);
        }

        return page;
    }

    private static string Kind(string over) =>
        over == "accuracy" ? "Tasks that count right answers, in points of 100" : "Texts, a perplexity p as 100 / p";

    private static void AppendPictures(HtmlPage page, StudySummary study, string over)
    {
        page.Section(Kind(over));
        foreach (StudySweep sweep in StudySweep.Of(study))
        {
            page.Subsection($"{sweep.Stage}: {sweep.Method} by {sweep.Setting}");
            foreach (string metric in _drawn)
            {
                AppendCurves(page, study, sweep, metric, over);
            }
        }

        page.Figure("General ability and experts' gain",
            new PageTable(
                ["stage", "merge", "method", "settings", "#general ability kept, %", "#experts' gain kept, %", "chosen"],
                [
                    .. study.Points.Select(point => (PageCell[])
                    [
                        point.Stage, point.Name, point.Method, Settings(point.Settings),
                        PageCell.Percent(Find(point.Metrics, "retention", over)?.Value),
                        PageCell.Percent(Find(point.Metrics, "gainKept", over)?.Value), Chosen(point),
                    ]),
                ]),
            new PagePlot("plane", "What each merge keeps: of general ability to the right, of the experts' gain upwards",
                "general ability kept, %", "experts' gain kept, %")
            {
                Series = "merge",
                Label = "settings",
                Mark = "chosen",
            });
    }

    private static void AppendCurves(HtmlPage page, StudySummary study, StudySweep sweep, string metric, string over)
    {
        string name = Figures.Name(metric);
        double[] controls = [.. study.Points.Where(point => point.Stage == sweep.Stage && point.Method == study.Control
            && point.Method != sweep.Method)
            .Select(point => Find(point.Metrics, metric, over)?.Value).OfType<double>()];
        page.Figure(name,
            new PageTable(
                ["merge", $"#{sweep.Setting}", $"#{name}", "#low", "#high", "chosen"],
                [
                    .. sweep.Lines.SelectMany(line => line.Points.Select(point => (PageCell[])
                    [
                        line.Name, PageCell.Of(point.X), PageCell.Of(Find(point.Point.Metrics, metric, over)?.Value, "0.00"),
                        PageCell.Of(Find(point.Point.Metrics, metric, over)?.Low, "0.00"),
                        PageCell.Of(Find(point.Point.Metrics, metric, over)?.High, "0.00"), Chosen(point.Point),
                    ])),
                ]),
            new PagePlot("curves",
                $"{name} of {sweep.Method} by {sweep.Setting}, with intervals of 95 "
                    + $"%{(controls.Length > 0 ? $"; the dotted line is {study.Control}" : "")}", sweep.Setting, name)
            {
                Series = "merge",
                Low = "low",
                High = "high",
                Mark = "chosen",
                Zero = true,
                Levels = controls.Length > 0 ? [new PlotLine(controls.Average(), study.Control!)] : null,
            });
    }

    private static void AppendTables(HtmlPage page, StudySummary study, string over)
    {
        string[] names = [.. study.Points[0].Metrics.Where(metric => metric.Over == over).Select(metric => Figures.Name(metric.Name))];
        page.Section($"Tables: {Kind(over)}");
        page.Table("Merges",
            Rows("merge",
                study.Points.Select(point => (point.Stage, point.Name, Settings(point.Settings) + (point.IsChosen ? " *" : ""),
                    point.Metrics)), Figures.Metric));
        page.Table($"Above the mean of {study.Control}",
            Rows("merge", study.Points.Select(point => (point.Stage, point.Name, Settings(point.Settings), point.OverControl)),
                Figures.Difference));
        page.Table("Means over the merges of a stage",
            Rows("method",
                study.Means.Select(mean => (mean.Stage, mean.Method, Settings(mean.Settings) + (mean.IsChosen ? " *" : ""), mean.Metrics)),
                Figures.Metric));

        PageTable Rows(string what, IEnumerable<(string Stage, string Name, string Settings, IReadOnlyList<MetricSummary> Metrics)> rows,
            Func<MetricSummary, string> format) => new(
            ["stage", what, "settings", .. names.Select(name => $"#{name}")],
            [
                .. rows.Where(row => row.Metrics.Count > 0).Select(row => (PageCell[])
                    [row.Stage, row.Name, row.Settings,
                        .. row.Metrics.Where(metric => metric.Over == over).Select(metric => new PageCell(format(metric), metric.Value))]),
            ]);
    }

    private static void AppendTuning(HtmlPage page, StudyPoint point, TuningSummary tuning)
    {
        page.Section($"{point.Name}: {Settings(point.Settings)}");
        page.Note($"Found in {tuning.Screened.Count} tries, {tuning.Confirmed.Count} of them by all tasks, on the other half of the "
            + "items.");
        page.Table("What it is above others", new PageTable(
            ["above", "over", .. point.Metrics.Select(metric => metric.Name).Distinct().Select(name => $"#{Figures.Name(name)}")],
            [
                .. tuning.Against.SelectMany(other => other.Metrics.GroupBy(metric => metric.Over), (other, kind) => (PageCell[])
                    [other.With, kind.Key, .. kind.Select(metric => new PageCell(Figures.Difference(metric), metric.Value))]),
            ]));
        page.Folded("What was tried", new PageTable(
            ["tried", "#largest loss above the best constituent's, nats"],
            [.. tuning.Screened.Select(tried => (PageCell[])[Settings(tried.Settings), PageCell.Of(tried.Value)])]));
        page.File($"Recipe of {point.Name}, without its models", tuning.Recipe);
    }

    private static MetricSummary? Find(IReadOnlyList<MetricSummary> metrics, string metric, string over) =>
        metrics.FirstOrDefault(candidate => candidate.Name == metric && candidate.Over == over);

    private static string Chosen(StudyPoint point) => point.IsChosen ? "chosen" : "";

    private static string Settings(IReadOnlyDictionary<string, string> settings) =>
        string.Join(", ", settings.Select(pair => $"{pair.Key} {pair.Value}"));
}
