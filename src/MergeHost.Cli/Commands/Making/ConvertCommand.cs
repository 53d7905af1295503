using System.CommandLine;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost convert IN OUT --to FORMAT</c></summary>
internal static class ConvertCommand
{
    private static readonly Argument<string> _input = new("IN") { Description = "A checkpoint or an adapter: a file, or a folder" };
    private static readonly Argument<string> _output =
        new("OUT") { Description = "The folder that the result is written to, or a file: NAME.gguf" };
    private static readonly Option<string?> _format = new("--to")
    {
        Description =
            "The format of the result, such as gguf or safetensors; by default that of OUT's name, or the only one that has the type",
        HelpName = "FORMAT",
        CompletionSources = { _ => Installed.Formats },
    };

    private static readonly Option<string?> _type = new("--type")
    {
        Description = "The type of the weights, such as bf16 or q8_0; by default each tensor keeps its own",
        HelpName = "TYPE",
    };

    private static readonly Option<string?> _importance = new("--imatrix")
    {
        Description = "An importance matrix of llama-imatrix, by which weights are quantised",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _base = new("--base")
    {
        Description = "For an adapter: the model that it was trained on; by default the one that the adapter names",
        HelpName = "MODEL",
    };

    private static readonly Option<string?> _packing = new("--packing")
    {
        Description = "The packing of the weights, such as fp8-block or nvfp4, or none for plain ones; by default what there is is kept",
        HelpName = "PACKING",
    };

    public static Command Create()
    {
        Command command =
            new("convert", "Stores a checkpoint in another format or type. Stopped or killed, the same command goes on where it stopped.")
        {
            _input, _output, _format, _type, _importance, _base, _packing, SharedOptions.Force, SharedOptions.Threads, SharedOptions.Memory,
            SharedOptions.ShardSize, SharedOptions.Stream,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments,
            (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string output = arguments.GetRequiredValue(_output);
        MergeOptions options = SharedOptions.Merging(arguments);
        string input = arguments.GetRequiredValue(_input);
        string? type = arguments.GetValue(_type);
        string format = arguments.GetValue(_format) ?? engine.FormatOf(output, type);
        string? named = arguments.GetValue(_base);
        bool isAdapter = engine.IsAdapter(input, out string? known) || named is not null;

        // PEFT's own form needs nothing of the base.
        string? @base = named ?? (format == "safetensors" && Directory.Exists(input) ? null : known);
        return MergeCommand.Make(printer, "converting", output, progress => isAdapter
            ? engine.ConvertAdapter(input, @base, output, format, type, options, printer.Show, progress, cancellation)
            : engine.Convert(input, output, format, type, arguments.GetValue(_importance), options, printer.Show, progress,
                arguments.GetValue(_packing), cancellation));
    }
}
