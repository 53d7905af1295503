using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost sweep STUDY</c></summary>
internal static class SweepCommand
{
    private static readonly Argument<string> _study = new("STUDY")
    {
        Description =
            "The study, a YAML file: a suite, a base, experts, methods with their settings, stages; or a recipe whose merge method is auto"
    };

    private static readonly Option<string?> _examples = new("--examples")
    {
        Description = "Write what could be known of each merge of two experts at least, and how it came out, for predict --examples",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        Command command = new("sweep",
            "Tries merges of some experts with several settings and compares them; writes no merge. Stopped or killed, the same command "
                + "goes on.")
        {
            _study, SharedOptions.Part, SharedOptions.WriteBest, _examples, SharedOptions.Html, SharedOptions.Device, SharedOptions.Threads,
            SharedOptions.Seed, SharedOptions.Memory, SharedOptions.Cache, SharedOptions.NoCache,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.Validators.Add(CheckPart);
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            if (arguments.GetValue(SharedOptions.Part) is { } part)
            {
                string study = arguments.GetRequiredValue(_study);
                int count = new EvaluationEngine(engine)
                    .SweepPart(study, part, SharedOptions.Merging(arguments), printer.Show, printer.Follow, cancellation);
                printer.Write(new MeasuredStudyPart(study, part.ToString(), count), made =>
                    Console.WriteLine(
                        $"{made.Study}: part {made.Part} is done: {made.Count} models are measured; when all parts are, the same command "
                            + "without --part compares them"), isData: false);
                return 0;
            }

            StudySummary summary = new EvaluationEngine(engine).Sweep(
                arguments.GetRequiredValue(_study), SharedOptions.Merging(arguments), arguments.GetValue(_examples) is not null,
                printer.Show, printer.Follow, cancellation);
            Pages.Save(arguments, printer, () => StudyHtml.Write(summary), arguments.GetRequiredValue(_study));
            printer.Write(summary, Describe);
            WriteBest(summary, arguments.GetValue(SharedOptions.WriteBest), printer);
            if (arguments.GetValue(_examples) is { } examples)
            {
                OutputFile.Write(examples, EvaluationEngine.ExamplesText(summary));
                printer.Say($"{examples}: {summary.Examples.Count} merges");
            }

            return 0;
        }));
        return command;
    }

    // What compares all parts writes pages and recipes, and finds what they measured in the cache.
    private static void CheckPart(CommandResult result)
    {
        if (result.GetResult(SharedOptions.Part) is not { Implicit: false })
        {
            return;
        }

        if (result.GetValue(SharedOptions.NoCache))
        {
            result.AddError("--part and --no-cache exclude each other: what parts measure is kept in the cache");
        }

        foreach (Option option in new Option[] { SharedOptions.Html, SharedOptions.WriteBest, _examples }
            .Where(option => result.GetResult(option) is { Implicit: false }))
        {
            result.AddError($"--part and {option.Name} exclude each other: the command without --part, once all parts are done, writes it");
        }
    }

    private static void WriteBest(StudySummary study, string? path, IPrinter printer)
    {
        if (path is not null && Verdict.Best(study) is { } best)
        {
            OutputFile.Write(path, $"# {Verdict.Of(study)}\n{best.Recipe}");
            printer.Say($"{path}: written; {Invocation.Name} merge {path} OUT");
        }
    }

    private static void Describe(StudySummary study)
    {
        Console.WriteLine(
            $"{study.Study}: on the half of the items that no setting was chosen by; * the setting that was chosen, by Macro-OG on the "
                + "other half; ± half of an interval of 95 %");
        foreach (IGrouping<string, MetricSummary> kind in study.Points[0].Metrics.GroupBy(metric => metric.Over))
        {
            Console.WriteLine();
            Console.WriteLine(
                $"over tasks with {(kind.Key == "accuracy" ? "an accuracy, in points of 100" : "a perplexity p, as 100 / p")}");
            Write("merge", kind.Key, Numbers.Metric,
                study.Points.Select(point => new Row(point.Stage, point.Name, Text(point.Settings, point.IsChosen), point.Metrics)
                {
                    ChosenBy = point.Development is { } gap ? Numbers.Signed(gap, 2) : "",
                }));
            Write("merge", kind.Key, Numbers.Difference,
                study.Points.Select(point => new Row(point.Stage, point.Name, Text(point.Settings, point.IsChosen), point.OverControl)),
                $"over the same tasks, above the mean of {study.Control}");
            Write("method", kind.Key, Numbers.Metric,
                study.Means.Select(mean => new Row(mean.Stage, mean.Method, Text(mean.Settings, mean.IsChosen), mean.Metrics)),
                "over the same tasks, means over all merges of a stage");
            Write("method", kind.Key, Numbers.Difference,
                study.Means.Select(mean => new Row(mean.Stage, mean.Method, Text(mean.Settings, mean.IsChosen), mean.OverControl)),
                $"over the same tasks, means above the mean of {study.Control}");
            Conclude(study, kind.Key);
            DescribeStandings([.. study.Standings.Where(standing => standing.Over == kind.Key)]);
        }

        Console.WriteLine();
        Console.WriteLine(
            "chosen settings: tasks that improved, were damaged, and are unchanged from the base, and those on which they are better than "
                + "base and experts");
        Columns.Write(
            [.. study.Points.Where(point => point.IsChosen)
                .Select(point => (string[])[point.Stage, point.Name, Text(point.Settings, false), Numbers.Verdicts(point.Changes),
                    Numbers.Improved(point.Gaps)])],
            indent: 2);
        DescribeControls(study);
        DescribeTuning(study);
        DescribeDistances(study.Distances);
        DescribeChoice(study);
        Verdict.Write(Verdict.Of(study));
    }

    // Rows without metrics are left out, and so is a table without rows.
    private static void Write(string what, string over, Func<MetricSummary, string> format, IEnumerable<Row> rows, string? title = null)
    {
        List<Row> written = [.. rows.Where(row => row.Metrics.Count > 0)];
        if (written.Count == 0)
        {
            return;
        }

        if (title is not null)
        {
            Console.WriteLine();
            Console.WriteLine(title);
        }

        string[] choice = written[0].ChosenBy is null ? [] : ["chosen by"];
        IEnumerable<string> names = written[0].Metrics.Where(metric => metric.Over == over).Select(metric => Numbers.Name(metric.Name));
        Columns.Write(
            [
                ["stage", what, "settings", .. choice, .. names],
                .. written.Select(row => (string[])[row.Stage, row.Name, row.Settings, .. choice.Select(_ => row.ChosenBy!),
                    .. row.Metrics.Where(metric => metric.Over == over).Select(format)]),
            ],
            indent: 2,
            keys: 3);
    }

    private static string Text(IReadOnlyDictionary<string, string> settings, bool isChosen) =>
        string.Join(", ", settings.Select(pair => $"{pair.Key} {pair.Value}")) + (isChosen ? " *" : "");

    // What can be said of all merges of a stage, and of all settings of a method.
    private static void Conclude(StudySummary study, string over)
    {
        Console.WriteLine();
        List<string[]> rows = [["stage", "method", "merges", "gain over the average", "gap to the best", "gap by setting, worst to best"]];
        foreach (IGrouping<(string Stage, string Method), StudyPoint> points in study.Points.GroupBy(point => (point.Stage, point.Method)))
        {
            MetricSummary[] gains = [.. points.Where(point => point.IsChosen).Select(point => Find(point, "macroGain", over))];
            MetricSummary[] gaps = [.. points.Where(point => point.IsChosen)
                .Select(point => Find(point, MergeMetrics.MacroOutperformGapName, over))];
            double[] all = [.. points.GroupBy(point => string.Join(' ', point.Settings))
                .Select(same => same.Average(point => Find(point, MergeMetrics.MacroOutperformGapName, over).Value)).OfType<double>()];
            rows.Add([points.Key.Stage, points.Key.Method, $"{gains.Length}", Signs(gains), Signs(gaps),
                all.Length < 2 ? "" : $"{Numbers.Signed(all.Min(), 2)} to {Numbers.Signed(all.Max(), 2)}"]);
        }

        Columns.Write(rows, indent: 2);
    }

    // All merges that were tried are one table: the more there are, the surer each must be.
    private static void DescribeStandings(StudyStanding[] standings)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"mean scores against base and best expert: p by Holm and q by Benjamini and Hochberg for {standings.Length} merges; = the "
                + $"best of its models in the stage, or not surely worse"));
        Columns.Write(
            [
                ["stage", "merge", "settings", "above base", "p", "q", "above best expert", "", "p", "q", "best"],
                .. standings.Select(standing => (string[])
                [
                    standing.Stage, standing.Merge, Text(standing.Settings, false), Above(standing.OverBase),
                    Chance(standing.OverBase.Holm), Chance(standing.OverBase.FalseDiscovery),
                    Above(standing.OverExpert), standing.Expert, Chance(standing.OverExpert.Holm),
                    Chance(standing.OverExpert.FalseDiscovery), standing.IsTied ? "=" : "",
                ]),
            ],
            indent: 2,
            keys: 3);

        static string Above(CorrectedDifference difference) =>
            string.Create(CultureInfo.InvariantCulture,
                $"{Numbers.Signed(difference.Value, 2)} [{Numbers.Signed(difference.Low, 2)}, {Numbers.Signed(difference.High, 2)}]");

        static string Chance(double probability) =>
            probability < 0.0001 ? "<0.0001" : probability.ToString("0.0000", CultureInfo.InvariantCulture);
    }

    // What a merge does, told from what a smaller step does.
    private static void DescribeControls(StudySummary study)
    {
        StudyPoint[] points = [.. study.Points.Where(point => point.Controls.Count > 0)];
        if (points.Length == 0)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine(
            "chosen settings of several experts: what mean scores are above controls; alone: one expert added at the same strength");
        Columns.Write(
            [
                ["stage", "merge", "settings", "over", "base", "1/N", "best expert", "alone"],
                .. points.SelectMany(point => point.Metrics.Select(metric => metric.Over).Distinct(), (point, over) => (string[])
                [
                    point.Stage, point.Name, Text(point.Settings, false), over,
                    .. point.Controls.Take(3)
                        .Select((control, index) => (index < 2 ? "" : $"{control.With.Split(' ')[^1]} ") + Above(control, over)),
                    string.Join(", ", point.Controls.Skip(3).Select(control => $"{control.With.Split(' ')[0]} {Above(control, over)}")),
                ]),
            ],
            indent: 2,
            keys: 4);

        static string Above(MergeComparison control, string over) =>
            Numbers.Difference(control.Metrics.First(metric => metric.Name == MergeMetrics.MacroOutperformGapName && metric.Over == over));
    }

    private static void DescribeTuning(StudySummary study)
    {
        foreach ((StudyPoint point,
            TuningSummary tuning) in study.Points.Where(point => point.Tuning is not null).Select(point => (point, point.Tuning!)))
        {
            Console.WriteLine();
            Console.WriteLine(
                $"{point.Name}: {Text(point.Settings, false)}, found in {tuning.Screened.Count} tries, {tuning.Confirmed.Count} of them by "
                    + "all tasks; what it is above others on the test items");
            List<string[]> rows = [["above", "over", .. point.Metrics.Select(metric => metric.Name).Distinct().Select(Numbers.Name)]];
            rows.AddRange(tuning.Against.SelectMany(other => other.Metrics.GroupBy(metric => metric.Over), (other, kind) =>
                (string[])[other.With, kind.Key, .. kind.Select(Numbers.Difference)]));
            Columns.Write(rows, indent: 2);
        }
    }

    private static void DescribeDistances(ComparisonReport distances)
    {
        Console.WriteLine();
        Console.WriteLine("how far the models are from each other");
        List<string[]> rows = [["models", "L2", "cosine of weights", "cosine of what was learned"]];
        rows.AddRange(distances.Pairs.Select(pair => (string[])
        [
            $"{pair.A} {pair.B}", string.Create(CultureInfo.InvariantCulture, $"{pair.Whole.L2:F2}"),
            string.Create(CultureInfo.InvariantCulture, $"{pair.Whole.Cosine:F4}"),
            pair.Whole.TaskVectors is { } vectors ? string.Create(CultureInfo.InvariantCulture, $"{vectors.Cosine:F4}") : "",
        ]));
        Columns.Write(rows, indent: 2);
    }

    // Why that merge: by the development items alone, so that the figures above stay honest.
    private static void DescribeChoice(StudySummary study)
    {
        if (study.Choice is not { } choice)
        {
            return;
        }

        StudyPoint best = study.Points[choice.Best];
        string left = choice.LeftOut.Count == 0 ? "" : $"; not tried, since they exceed it: {string.Join(", ", choice.LeftOut)}";
        Console.WriteLine();
        WrappedText.Write(
            $"{string.Join(", ", choice.Models.Select(model => $"{model.Key} is {model.Value}"))}. A budget "
                + $"of {choice.Budget} merges{left}.", indent: 0);
        WrappedText.Write(
            $"On the development half {Name(best)} has the best Macro-OG, {Numbers.Signed(best.Development!.Value, 2)}. Within one "
            + "standard error of it, and so level, are, in the order of the evidence for their methods: "
            + $"{string.Join("; ", choice.Level.Select(index => $"{Name(study.Points[index])} ("
                + $"{Numbers.Signed(study.Points[index].Development!.Value, 2)})"))}. The first is taken.", indent: 0);

        static string Name(StudyPoint point) => $"{point.Name} {Text(point.Settings, false)}".TrimEnd();
    }

    private static MetricSummary Find(StudyPoint point, string metric, string over) =>
        point.Metrics.First(candidate => candidate.Name == metric && candidate.Over == over);

    private static string Signs(MetricSummary[] metrics) =>
        $"{metrics.Count(metric => metric.Low > 0)} above "
            + $"0, {metrics.Count(metric => metric.High < 0)} below, {metrics.Count(metric => metric.Low <= 0 && metric.High >= 0)} open";

    private sealed record Row(string Stage, string Name, string Settings, IReadOnlyList<MetricSummary> Metrics)
    {
        /// <summary>The number by which settings are chosen, where the table shows it.</summary>
        public string? ChosenBy { get; init; }
    }
}
