using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost overlap SUITE TEXT…</c></summary>
internal static class OverlapCommand
{
    private static readonly Argument<string> _suite = new("SUITE") { Description = "A suite, or a task file of lm_eval" };

    private static readonly Argument<string[]> _texts = new("TEXT")
    {
        Description = "Texts in UTF-8 that a model was trained on",
        Arity = new ArgumentArity(1, 10_000),
    };

    private static readonly Option<int> _words = new("--words")
    {
        Description = "How many words in a row must be the same; of a shorter item all, if there are five",
        HelpName = "N",
        DefaultValueFactory = _ => 13,
        Validators = { result => Check(result) },
    };

    public static Command Create()
    {
        Command command =
            new("overlap", "Looks for a suite's items in training texts by runs of words, without regard to case and punctuation.")
        {
            _suite, _texts, _words, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            OverlapReport report = new EvaluationEngine(engine)
                .FindOverlap(arguments.GetRequiredValue(_suite), arguments.GetRequiredValue(_texts), arguments.GetValue(_words),
                    cancellation);
            printer.Write(report, Describe);
            return 0;
        }));
        return command;
    }

    private static void Describe(OverlapReport report)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"runs of {report.Words} words that stand in {report.Texts.Count} texts of {report.TextWords:N0} words; other words for the "
                + $"same are not found"));
        Columns.Write(
        [
            ["task", "items", "too short", "touched", "runs found", "most in", ""],
            .. report.Tasks.Select(task => (string[])
            [
                task.Task, Whole(task.Items), Whole(task.TooShort), Whole(task.Touched), Numbers.Percent(task.Share),
                task.Examples is [ItemOverlap most, ..] ? $"{most.Id} ({Numbers.Percent(most.Share)})" : "",
                task.Examples is [ItemOverlap first, ..] ? $"\"{first.Run}\"" : "",
            ]),
        ]);
        foreach (string task in report.Unread)
        {
            Console.WriteLine($"not read: {task}, whose items cannot be told without a model");
        }
    }

    private static string Whole(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static void Check(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.GetValueOrDefault<int>() is < 1 or > 1000)
        {
            result.AddError("--words must be in [1, 1000]");
        }
    }
}
