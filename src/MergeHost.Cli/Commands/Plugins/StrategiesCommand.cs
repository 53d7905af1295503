using System.CommandLine;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost strategies [explain NAME]</c></summary>
internal static class StrategiesCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "The strategy, as recipes name it" };

    public static Command Create()
    {
        Command command = new("strategies", "Lists the strategies with what is known of how good they are.")
        {
            CreateExplain(), SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            printer.Write(engine.ListStrategies(), List);
            return 0;
        }));
        return command;
    }

    private static Command CreateExplain()
    {
        Command command =
            new("explain", "Tells what a strategy does, what is known of it and where from, when it does badly, and what it costs.")
        {
            _name, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            printer.Write(engine.ExplainStrategy(arguments.GetRequiredValue(_name)), Explain);
            return 0;
        }));
        return command;
    }

    private static void List(IReadOnlyList<ExportSummary> strategies)
    {
        foreach (ExportSummary strategy in strategies)
        {
            Console.WriteLine(strategy.Id);
            WrappedText.Write(strategy.Evidence ?? "Its plugin says nothing of evidence.", 4);
        }

        Console.WriteLine($"\n{strategies.Count} strategies; `mergehost strategies explain NAME` tells more of one");
    }

    private static void Explain(ExportSummary strategy)
    {
        Console.WriteLine($"{strategy.Id}  (plugin {strategy.Plugin}), merges {strategy.Models}");
        WrappedText.Write(strategy.Description, 2);
        WrappedText.Write(strategy.Remarks, 2);
        foreach ((string title,
            string? text) in new[] { ("evidence", strategy.Evidence), ("does badly", strategy.Failure), ("cost", strategy.Cost) })
        {
            Console.WriteLine(title);
            WrappedText.Write(text ?? "The plugin does not say.", 4);
        }

        foreach (SourceSummary source in strategy.Sources)
        {
            Console.WriteLine($"from {source.Title}, {source.Address}");
        }

        Console.WriteLine($"parameters: `mergehost plugins show {strategy.Id}`");
    }
}
