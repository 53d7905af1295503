using System.CommandLine;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost verify OUT</c></summary>
internal static class VerifyCommand
{
    private static readonly Argument<string> _output =
        new("OUT") { Description = "What `mergehost merge` or `mergehost convert` wrote: a folder, or a GGUF file" };

    public static Command Create()
    {
        Command command = new("verify", "Compares an output with its manifest, byte by byte.")
        {
            _output, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            string output = arguments.GetRequiredValue(_output);
            IReadOnlyList<Problem> problems = printer.Track("verifying", progress => engine.Verify(output, progress, cancellation));
            printer.Show(problems);
            printer.Write(new Verification(problems.Count == 0, output), result =>
            {
                if (result.IsWhole)
                {
                    Console.WriteLine($"{output}: every file and every tensor is what was written");
                }
            }, isData: false);
            return problems.Count == 0 ? 0 : ErrorCodes.VerifyFailed.ExitCode;
        }));
        return command;
    }
}
