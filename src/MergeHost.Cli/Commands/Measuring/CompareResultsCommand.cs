using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost compare-results A B…</c></summary>
internal static class CompareResultsCommand
{
    private static readonly Argument<string[]> _runs = new("RUN")
    {
        Description =
            "Two or more runs of the same tasks: folders or results files with samples beside them, of lm_eval or of evaluate --results, "
                + "or JSON Lines with an id and numbers",
        Arity = new ArgumentArity(2, 64),
    };

    private static readonly Option<string?> _cluster =
        new("--cluster") { Description = "A field of the items; items of the same value are not independent", HelpName = "FIELD" };

    public static Command Create()
    {
        Command command = new("compare-results",
            "Compares runs item by item: differences with intervals and exact tests, corrected for how many there are.")
        {
            _runs, _cluster, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, _) =>
        {
            RunComparison comparison = EvaluationEngine.CompareRuns(arguments.GetRequiredValue(_runs), arguments.GetValue(_cluster));
            printer.Write(comparison, Describe);
            return 0;
        }));
        return command;
    }

    private static void Describe(RunComparison comparison)
    {
        Console.WriteLine($"first: {comparison.Runs[0]}");
        foreach (IGrouping<string, PairedResult> run in comparison.Pairs.GroupBy(pair => pair.Run))
        {
            Console.WriteLine();
            Console.WriteLine($"second: {run.Key}");
            Columns.Write([["task", "metric", "items", "first", "second", "difference", "interval of 95 %", "only first", "only second",
                "p", "p (Holm)", "q (BH)", "test", "least seen"], .. run.Select(Cells)]);
        }

        foreach (TiedSet tie in comparison.Ties)
        {
            Console.WriteLine();
            Console.WriteLine(
                $"{tie.Task} {tie.Metric}: best is {tie.Best}; level with "
                    + $"it {(tie.Tied.Count == 1 ? "is none" : $"may be {string.Join(", ", tie.Tied.Skip(1))}")}");
        }

        foreach (string left in comparison.LeftOut)
        {
            Console.WriteLine($"left out: {left}");
        }
    }

    private static string[] Cells(PairedResult pair) =>
    [
        pair.Task, pair.Metric, Whole(pair.Count), Value(pair.First), Value(pair.Second), Numbers.Signed(pair.Difference, 4),
        $"{Numbers.Signed(pair.Low, 4)} to {Numbers.Signed(pair.High, 4)}",
        pair.OnlyFirst is { } first ? Whole(first) : "", pair.OnlySecond is { } second ? Whole(second) : "", Chance(pair.Probability),
        Chance(pair.Holm), Chance(pair.FalseDiscovery), pair.Test,
        Value(pair.LeastDifference),
    ];

    private static string Whole(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Value(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Chance(double probability) => probability < 0.0001 ? "<0.0001" : Value(probability);
}
