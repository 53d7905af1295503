using System.CommandLine;

namespace MergeHost.Cli.Commands;

/// <summary>Texts that commands share.</summary>
internal static class CommandText
{
    public const int UsageError = 2;

    public const string ExitCodes =
        "Exit codes: 0 done, 1 a bug of ours, 2 wrong usage, 3 recipe, 4 checkpoint, 5 plugin or device, 6 merge or output, 7 benchmark, 130 cancelled.";

    /// <summary>Tells what is wrong with the command line, without the whole help.</summary>
    public static int ReportUsage(ParseResult arguments)
    {
        foreach (string message in arguments.Errors.Select(error => error.Message).Distinct())
        {
            Console.Error.WriteLine($"error: {message.TrimEnd('.')}");
        }

        string command = string.Join(' ', Path(arguments.CommandResult.Command));
        Console.Error.WriteLine($"hint: `{command} --help` shows the usage");
        return UsageError;
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["mergehost"];
}
