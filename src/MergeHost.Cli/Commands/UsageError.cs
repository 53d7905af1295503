using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands;

/// <summary>Tells what is wrong with a command line, and what was most likely meant.</summary>
internal static partial class UsageError
{
    private const int ExitCode = 2;

    public static int Report(ParseResult arguments)
    {
        Command command = arguments.CommandResult.Command;
        string name = string.Join(' ', Path(command));
        List<string> hints = [];
        string[] unknown = [.. arguments.UnmatchedTokens.Where((word, index) => word.StartsWith('-') || index == 0)];
        foreach (string word in unknown)
        {
            bool isCommand = command.Subcommands.Count > 0 && !word.StartsWith('-');
            TextPrinter.WriteProblem($"error: '{name}' has no {(isCommand ? "command" : "option or argument")} '{word}'");
            hints.AddRange(Meant(command, word, isCommand, arguments.UnmatchedTokens) is { } meant ? [meant] : []);
        }

        foreach (string message in Messages(arguments, command, name, unknown.Length == 0, hints))
        {
            TextPrinter.WriteProblem($"error: {message.TrimEnd('.')}");
        }

        foreach (string hint in hints.DefaultIfEmpty($"`{name} --help` shows the usage"))
        {
            TextPrinter.WriteProblem($"hint: {hint}");
        }

        return ExitCode;
    }

    /// <summary>Refuses options that a command does not have where words would swallow them.</summary>
    public static void RefuseOptions(Command command)
    {
        foreach (Argument argument in command.Arguments)
        {
            argument.Validators.Add(RefuseOptions);
        }

        foreach (Command subcommand in command.Subcommands)
        {
            RefuseOptions(subcommand);
        }
    }

    private static void RefuseOptions(ArgumentResult words)
    {
        foreach (string word in words.Tokens.Select(token => token.Value).Where(word => word is ['-', _, ..]))
        {
            Command command = words.Parent is CommandResult result ? result.Command : new RootCommand();
            words.AddError(
                $"'{string.Join(' ', Path(command))}' has no option "
                    + $"'{word}'{(Meant(command, word, false, []) is { } meant ? $": {meant}" : "")}");
        }
    }

    private static string? Meant(Command command, string word, bool isCommand, IReadOnlyList<string> words)
    {
        if (!isCommand && word.StartsWith('-') && FieldOptions.Instead(word.Split('=')[0]) is { } known)
        {
            return $"instead of mergekit's {word}, {known}";
        }

        if (isCommand && System.IO.Path.GetExtension(word) is ".yaml" or ".yml")
        {
            return $"did you mean `mergehost merge {string.Join(' ', words)}`?";
        }

        IEnumerable<string> names = isCommand
            ? command.Subcommands.Select(subcommand => subcommand.Name)
            : command.Options.Where(option => !option.Hidden).Select(option => option.Name);
        return Suggestion.Closest(word, names) is { } closest ? $"did you mean '{closest}'?" : null;
    }

    private static IEnumerable<string> Messages(ParseResult arguments, Command command, string name, bool isOther, List<string> hints)
    {
        if (!isOther)
        {
            yield break;
        }

        if (command.Subcommands.Count > 0)
        {
            yield return $"'{name}' needs a command: {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}";
            yield break;
        }

        Argument? several = command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 1);
        foreach (string message in arguments.Errors.Select(error => error.Message).Distinct())
        {
            if (NotAmong().Match(message) is { Success: true } wrong)
            {
                string[] words = [.. wrong.Groups[2].Value.Split('\n',
                    StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word => word.Trim('\''))];
                hints.AddRange(Suggestion.Closest(wrong.Groups[1].Value, words) is { } closest ? [$"did you mean '{closest}'?"] : []);
                yield return $"'{wrong.Groups[1].Value}' is none of {string.Join(", ", words)}";
                continue;
            }

            yield return several is not null && message.Contains($"'{several.Name}'", StringComparison.Ordinal)
                ? $"'{name}' needs {several.Arity.MinimumNumberOfValues} of {several.Name} or more"
                : WrongType()
                    .Replace(message,
                        found => $"{found.Groups[2].Value} must be a {(found.Groups[3].Value == "Double" ? "number" : "whole number")}, "
                            + $"found '{found.Groups[1].Value}'");
        }
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["mergehost"];

    [GeneratedRegex(@"^Argument '(.*)' not recognized\. Must be one of:(.*)$", RegexOptions.Singleline)]
    private static partial Regex NotAmong();

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for option '(.*)' as expected type 'System\.(Int32|Int64|Double)'\.?$")]
    private static partial Regex WrongType();
}
