using System.Globalization;
using System.Text;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using static MergeHost.Cli.Reports.HtmlPage;
using Figures = MergeHost.Cli.Output.Numbers;

namespace MergeHost.Cli.Reports;

/// <summary>A study as a page: curves and heat maps of what was tried, what is kept and lost, how far the models are apart, and all numbers.</summary>
internal static class StudyHtml
{
    private static readonly string[] _drawn = ["macroOutperformGap", "macroGain"];

    /// <summary>The page.</summary>
    public static string Write(StudySummary study)
    {
        StringBuilder body = new();
        body.Append("<p>All numbers are of the half of the items that no setting was chosen by. Bands and ± show bootstrap intervals of 95 %; ");
        body.Append("* marks the setting that was chosen.</p>\n");
        foreach (string over in study.Points[0].Metrics.Select(metric => metric.Over).Distinct())
        {
            AppendKind(body, study, over);
        }

        EvaluationHtml.AppendChanges(body, [.. study.Points.Where(point => point.IsChosen).Select(point => ($"{point.Name} {Settings(point.Settings)}".TrimEnd(), point.Changes))]);
        foreach (StudyPoint point in study.Points.Where(point => point.Tuning is not null))
        {
            AppendTuning(body, point, point.Tuning!);
        }

        AppendDistances(body, study.Distances);
        return Of($"Study {study.Study}", body);
    }

    private static void AppendKind(StringBuilder body, StudySummary study, string over)
    {
        string[] names = [.. study.Points[0].Metrics.Where(metric => metric.Over == over).Select(metric => Figures.Name(metric.Name))];
        body.Append(CultureInfo.InvariantCulture, $"<h2>{(over == "accuracy" ? "Tasks that count right answers, in points of 100" : "Texts, a perplexity p as 100 / p")}</h2>\n");
        foreach (StudySweep sweep in StudySweep.Of(study))
        {
            body.Append(CultureInfo.InvariantCulture, $"<h3>{Text(sweep.Stage)}: {Text(sweep.Method)} by {Text(sweep.Setting)}</h3>\n");
            foreach (string metric in _drawn)
            {
                body.Append(StudyPlots.Curves(sweep, metric, over));
            }

            body.Append(StudyPlots.HeatMap(sweep, _drawn[0], over));
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Figures.Name(_drawn[0])}</p>\n");
        }

        body.Append("<h3>General ability and experts' gain</h3>\n").Append(StudyPlots.Plane(study.Points, over));
        body.Append(Numbers(Rows(["stage", "merge", "settings", .. names], study.Points.Select(point =>
            (point.Stage, point.Name, Settings(point.Settings) + (point.IsChosen ? " *" : ""), point.Metrics)), over, Figures.Metric)));
        AppendTable(body, $"Above the mean of {study.Control}", names, study.Points.Select(point => (point.Stage, point.Name, Settings(point.Settings), point.OverControl)), over, Figures.Difference);
        AppendTable(body, "Means over the merges of a stage", names, study.Means.Select(mean =>
            (mean.Stage, mean.Method, Settings(mean.Settings) + (mean.IsChosen ? " *" : ""), mean.Metrics)), over, Figures.Metric);
    }

    private static void AppendTable(
        StringBuilder body, string title, string[] names, IEnumerable<(string Stage, string Name, string Settings, IReadOnlyList<MetricSummary> Metrics)> rows, string over,
        Func<MetricSummary, string> format)
    {
        (string, string, string, IReadOnlyList<MetricSummary> Metrics)[] filled = [.. rows.Where(row => row.Metrics.Count > 0)];
        if (filled.Length > 0)
        {
            body.Append(CultureInfo.InvariantCulture, $"<h3>{Text(title)}</h3>\n");
            body.Append(Rows(["stage", "", "settings", .. names], filled, over, format));
        }
    }

    private static string Rows(
        IEnumerable<string> header, IEnumerable<(string Stage, string Name, string Settings, IReadOnlyList<MetricSummary> Metrics)> rows, string over,
        Func<MetricSummary, string> format) => Table(header, rows.Select(row =>
            (IReadOnlyList<string>)[row.Stage, row.Name, row.Settings, .. row.Metrics.Where(metric => metric.Over == over).Select(format)]));

    private static void AppendTuning(StringBuilder body, StudyPoint point, TuningSummary tuning)
    {
        body.Append(CultureInfo.InvariantCulture, $"<h2>{Text(point.Name)}: {Text(Settings(point.Settings))}</h2>\n");
        body.Append(CultureInfo.InvariantCulture, $"<p>Found in {tuning.Screened.Count} tries, {tuning.Confirmed.Count} of them by all tasks, on the other half of the items. What it is above others:</p>\n");
        body.Append(Table(["", "over", .. point.Metrics.Select(metric => metric.Name).Distinct().Select(Figures.Name)], tuning.Against.SelectMany(
            other => other.Metrics.GroupBy(metric => metric.Over), (other, kind) => (IReadOnlyList<string>)[other.With, kind.Key, .. kind.Select(Figures.Difference)])));
        body.Append(Numbers(Table(["tried", "largest loss above the best constituent's, nats"], tuning.Screened.Select(tried => (IReadOnlyList<string>)[Settings(tried.Settings), Number(tried.Value)]))));
        body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\"><code>{Text(tuning.Recipe)}</code></p>\n");
    }

    private static void AppendDistances(StringBuilder body, ComparisonReport distances)
    {
        body.Append("<h2>How far the models are from each other</h2>\n").Append(ComparePlots.Cosines(distances, distance => distance.Cosine));
        body.Append("<p class=\"note\">Cosine of weights</p>\n");
        if (distances.Pairs.Any(pair => pair.Whole.TaskVectors is not null))
        {
            body.Append(ComparePlots.Cosines(distances, distance => distance.TaskVectors?.Cosine)).Append("<p class=\"note\">Cosine of what was learned</p>\n");
        }

        body.Append(Numbers(Table(["", "L2", "cosine of weights", "cosine of what was learned"], distances.Pairs.Select(pair =>
            (IReadOnlyList<string>)[$"{pair.A} {pair.B}", Number(pair.Whole.L2), Number(pair.Whole.Cosine), Number(pair.Whole.TaskVectors?.Cosine)]))));
    }

    private static string Settings(IReadOnlyDictionary<string, string> settings) => string.Join(", ", settings.Select(pair => $"{pair.Key} {pair.Value}"));
}
