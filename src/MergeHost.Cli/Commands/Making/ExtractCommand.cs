using System.CommandLine;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost extract BASE TUNED OUT</c></summary>
internal static class ExtractCommand
{
    private static readonly Argument<string> _base = new("BASE") { Description = "The model before training" };
    private static readonly Argument<string> _tuned = new("TUNED") { Description = "The model after it" };
    private static readonly Argument<string> _output = new("OUT") { Description = "The folder that the adapter is written to" };
    private static readonly Option<int?> _rank = new("--rank")
    {
        Description = $"The rank of each matrix's change; with --energy or --noise-edge the largest [default: {ExtractRequest.UsualRank}]",
        HelpName = "N"
    };
    private static readonly Option<double?> _energy = new("--energy")
    {
        Description = "Choose each rank by the share of the change's energy that it is to hold, such as 0.9",
        HelpName = "SHARE"
    };
    private static readonly Option<bool> _noiseEdge =
        new("--noise-edge") { Description = "Choose each rank by what stands out from noise" };
    private static readonly Option<bool> _exact =
        new("--exact") { Description = "Decompose large matrices as a whole too, which takes longer" };
    private static readonly Option<bool> _dora =
        new("--dora") { Description = "Give each module the lengths of the trained model's rows too (DoRA)" };
    private static readonly Option<bool> _whole =
        new("--whole-embeddings") { Description = "Save embedding and head whole, rather than as products" };

    public static Command Create()
    {
        Command command = new("extract",
            "Makes an adapter of what training changed in a model. Stopped or killed, the same command goes on where it stopped.")
        {
            _base, _tuned, _output, _rank, _energy, _noiseEdge, _exact, _dora, _whole, SharedOptions.Force, SharedOptions.Device,
            SharedOptions.Threads, SharedOptions.Memory, SharedOptions.Seed,
            SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(_rank) is { Implicit: false } && result.GetValue(_rank) is < 1 or > 65536)
            {
                result.AddError("--rank must be from 1 to 65,536");
            }

            if (result.GetValue(_energy) is { } share && !(share > 0 && share <= 1))
            {
                result.AddError("--energy must be above 0, and at most 1");
            }

            if (result.GetValue(_energy) is not null && result.GetValue(_noiseEdge))
            {
                result.AddError("--energy and --noise-edge exclude each other");
            }
        });
        command.SetAction(arguments => CommandRunner.Run(arguments,
            (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string output = arguments.GetRequiredValue(_output);
        ExtractRequest request = new()
        {
            Rank = arguments.GetValue(_rank),
            Energy = arguments.GetValue(_energy),
            NoiseEdge = arguments.GetValue(_noiseEdge),
            IsExact = arguments.GetValue(_exact),
            IsDora = arguments.GetValue(_dora),
            KeepsEmbeddingsWhole = arguments.GetValue(_whole),
        };
        return MergeCommand.Make(printer, "extracting", output, progress => engine.Extract(
            arguments.GetRequiredValue(_base), arguments.GetRequiredValue(_tuned), output, request, SharedOptions.Merging(arguments),
            printer.Show, progress, cancellation));
    }
}
