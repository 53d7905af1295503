using System.CommandLine;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost statistics CHECKPOINT --text FILE OUT</c></summary>
internal static class StatisticsCommand
{
    private static readonly Argument<string> _checkpoint = new("CHECKPOINT") { Description = "The model that reads: a file, or a folder" };
    private static readonly Argument<string> _output = new("OUT") { Description = "The file that is written: NAME.safetensors" };
    private static readonly Option<string> _text =
        new("--text") { Description = "What it reads: a text of its task, in UTF-8", HelpName = "FILE", Required = true };

    private static readonly Option<int> _tokens = new("--tokens")
    {
        Description = "The most tokens of the text that are read",
        HelpName = "N",
        DefaultValueFactory = _ => StatisticsRequest.UsualTokens,
    };

    private static readonly Option<int?> _window = new("--window")
    {
        Description =
            $"How many tokens are read at a time, as a text of their own [default: {StatisticsRequest.UsualWindow}, or what the model was "
                + "made for]",
        HelpName = "N",
    };

    private static readonly Option<bool> _noGram =
        new("--no-gram") { Description = "Take the means alone, without a matrix for each weight" };

    public static Command Create()
    {
        Command command = new("statistics",
            "Takes statistics of what the weights of a model are multiplied with while it reads a text. Strategies and scorers that need "
                + "data read them.")
        {
            _checkpoint, _output, _text, _tokens, _window, _noGram, SharedOptions.Force, SharedOptions.Device, SharedOptions.Threads,
            SharedOptions.ScoreMemory, SharedOptions.Plugins,
            SharedOptions.Json, SharedOptions.Quiet,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(_tokens) is { Implicit: false } && result.GetValue(_tokens) < 1)
            {
                result.AddError("--tokens must be at least 1");
            }

            if (result.GetResult(_window) is { Implicit: false } && result.GetValue(_window) is < 2)
            {
                result.AddError("--window must be at least 2");
            }
        });
        command.SetAction(arguments => CommandRunner.Run(arguments,
            (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        StatisticsRequest request =
            new() { Tokens = arguments.GetValue(_tokens), Window = arguments.GetValue(_window), HasGrams = !arguments.GetValue(_noGram) };
        MergeOptions options = SharedOptions.Merging(arguments) with { MemoryBytes = arguments.GetValue(SharedOptions.ScoreMemory).Bytes };
        StatisticsSummary made = printer.Track("reading", progress => engine.TakeStatistics(
            arguments.GetRequiredValue(_checkpoint), arguments.GetRequiredValue(_text), arguments.GetRequiredValue(_output), request,
            options, progress, cancellation));
        printer.Write(made, Describe, isData: false);
        return 0;
    }

    private static void Describe(StatisticsSummary made)
    {
        Console.WriteLine(
            $"{made.Path}: {made.Weights.Count} weights of {made.Model}, "
                + $"over {Bytes.Count(made.Tokens)} tokens, {Bytes.Format(made.Bytes)}");
        Console.WriteLine($"  name it as `statistics:` of this model's parameters in a recipe");
    }
}
