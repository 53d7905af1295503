using System.CommandLine;

namespace MergeHost.Cli.Commands;

/// <summary>Tells what is wrong with a command line, and what was most likely meant.</summary>
internal static class UsageError
{
    private const int ExitCode = 2;

    public static int Report(ParseResult arguments)
    {
        Command command = arguments.CommandResult.Command;
        if (arguments.UnmatchedTokens is [string unknown, ..])
        {
            bool isCommand = command.Subcommands.Count > 0 && !unknown.StartsWith('-');
            IEnumerable<string> known = isCommand
                ? command.Subcommands.Select(subcommand => subcommand.Name)
                : command.Options.Where(option => !option.Hidden).Select(option => option.Name);
            Console.Error.WriteLine($"error: '{string.Join(' ', Path(command))}' has no {(isCommand ? "command" : "option or argument")} '{unknown}'");
            if (Suggestion.Closest(unknown, known) is { } closest)
            {
                Console.Error.WriteLine($"hint: did you mean '{closest}'?");
                return ExitCode;
            }
        }
        else
        {
            foreach (string message in arguments.Errors.Select(error => error.Message).Distinct())
            {
                Console.Error.WriteLine($"error: {message.TrimEnd('.')}");
            }
        }

        Console.Error.WriteLine($"hint: `{string.Join(' ', Path(command))} --help` shows the usage");
        return ExitCode;
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["mergehost"];
}
