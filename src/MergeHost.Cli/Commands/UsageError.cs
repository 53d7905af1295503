using System.CommandLine;
using System.CommandLine.Parsing;

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

    /// <summary>Refuses options that a command does not have where it takes any number of words, which would swallow them.</summary>
    public static void RefuseOptions(ArgumentResult words)
    {
        foreach (string word in words.Tokens.Select(token => token.Value).Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            Command command = words.Parent is CommandResult result ? result.Command : new RootCommand();
            string? closest = Suggestion.Closest(word, command.Options.Select(option => option.Name));
            words.AddError($"'{string.Join(' ', Path(command))}' has no option '{word}'{(closest is null ? "" : $": did you mean '{closest}'?")}");
        }
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["mergehost"];
}
