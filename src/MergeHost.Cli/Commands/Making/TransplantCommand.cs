using System.CommandLine;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost transplant MODEL DONOR OUT</c></summary>
internal static class TransplantCommand
{
    private static readonly Argument<string> _model =
        new("MODEL") { Description = "The model that gets another vocabulary: a file, or a folder" };
    private static readonly Argument<string> _donor =
        new("DONOR") { Description = "The model whose vocabulary is taken: a folder with its tokenizer" };
    private static readonly Argument<string> _output = new("OUT") { Description = "The folder that the result is written to" };
    private static readonly Option<string?> _method = new("--method", "-a")
    {
        Description = "How rows are made for tokens that the model lacks: omp, common_interpolation, subword, mean or zero; omp by default",
        HelpName = "METHOD",
    };

    private static readonly Option<string?> _k = new("--k", "-k")
    {
        Description = "Of how many shared tokens omp and common_interpolation make a row; 64 by default",
        HelpName = "N",
    };

    private static readonly Option<string?> _weights = new("--weights", "-w")
    {
        Description = "How common_interpolation weighs them: distance_proportional, barycentric or least_squares",
        HelpName = "RULE",
    };

    private static readonly Option<bool> _cosine =
        new("--cosine", "--cosine-similarity") { Description = "The nearest are those of the smallest angle" };
    private static readonly Option<string?> _subword = new("--subword", "-s")
    {
        Description = "What subword makes of a token's parts: mean, sum, weighted_mean or first_last",
        HelpName = "RULE",
    };

    private static readonly Option<string?> _prefixMatch = new("--prefix-match")
    {
        Description = "Where a token gets the row of the longest token that it begins with: none, embedding, head or both; none by default",
        HelpName = "WHERE",
    };

    public static Command Create()
    {
        Command command =
            new("transplant", "Puts another model's vocabulary onto a model. Stopped or killed, the same command goes on where it stopped.")
        {
            _model, _donor, _output, _method, _k, _weights, _cosine, _subword, _prefixMatch, SharedOptions.Force, SharedOptions.Threads,
            SharedOptions.Memory,
            SharedOptions.ShardSize, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments,
            (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string output = arguments.GetRequiredValue(_output);
        (string Name, string? Value)[] settings =
        [
            ("method", arguments.GetValue(_method)), ("k", arguments.GetValue(_k)), ("weights", arguments.GetValue(_weights)),
            ("cosine", arguments.GetValue(_cosine) ? "true" : null), ("subword", arguments.GetValue(_subword)),
            ("prefix_match", arguments.GetValue(_prefixMatch)),
        ];
        return MergeCommand.Make(printer, "transplanting", output, progress => engine.Transplant(
            arguments.GetRequiredValue(_model), arguments.GetRequiredValue(_donor), output,
            settings.Where(setting => setting.Value is not null).ToDictionary(setting => setting.Name, setting => setting.Value!),
            SharedOptions.Merging(arguments), printer.Show, progress, cancellation));
    }
}
