using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands;

/// <summary>Tells what is wrong with a command line, and what was most likely meant.</summary>
internal static partial class UsageError
{
    private const int ExitCode = 2;

    // What mergekit's programs are told, and how that is done here.
    private static readonly Dictionary<string, string> _mergekit = new()
    {
        ["--cuda"] = "write `--device cuda`",
        ["--gpu-rich"] = "write `--device cuda`",
        ["--read-to-gpu"] = "write `--device cuda`",
        ["--low-cpu-memory"] = "leave it out; `--memory SIZE` limits the memory",
        ["--lazy-unpickle"] = "leave it out: tensors are always read as they are needed",
        ["--copy-tokenizer"] = "leave it out: the tokenizer is always copied",
        ["--no-copy-tokenizer"] = "leave it out: the tokenizer is always copied",
        ["--out-shard-size"] = "write `--shard-size SIZE`",
        ["--random-seed"] = "write `--seed N`",
        ["--num-threads"] = "write `--threads N`",
        ["--allow-crimes"] = "leave it out: models are compared by their tensors",
        ["--trust-remote-code"] = "leave it out: no code of a model is ever run",
        ["--transformers-cache"] = "set HF_HOME or HF_HUB_CACHE: models are kept in the cache that other programs use",
        ["--lora-merge-cache"] = "leave it out",
        ["--lora-merge-dtype"] = "leave it out: adapters are added in float32",
        ["--unsafe-truncate-embeddings"] = "add `align: cut_rows` to the recipe, or better `tokenizer_source:`",
        ["-i"] = "add `missing: skip` to the recipe",
        ["--intersect"] = "add `missing: skip` to the recipe",
        ["-u"] = "add `missing: single` to the recipe",
        ["--union"] = "add `missing: single` to the recipe",
        ["-I"] = "leave it out: earlier stages lie in the output's folder until the end",
        ["--intermediate-dir"] = "leave it out: earlier stages lie in the output's folder until the end",
        ["--out-path"] = "give the output as second argument",
        ["--lazy"] = "leave it out: stages that are made are kept",
        ["--no-lazy"] = "write `--force`",
        ["--async-write"] = "leave it out",
        ["--write-threads"] = "leave it out; `--threads N` is for all of the work",
        ["--multi-gpu"] = "write `--device cuda`",
        ["--i-understand-this-is-not-useful-without-training"] = "add `allow_same_models: true` to the recipe",
        ["--clone-tensors"] = "leave it out",
        ["--safe-serialization"] = "leave it out: safetensors is what is written",
        ["--write-model-card"] = "leave it out; mergehost.json tells how the output was made",
    };

    public static int Report(ParseResult arguments)
    {
        Command command = arguments.CommandResult.Command;
        string name = string.Join(' ', Path(command));
        List<string> hints = [];
        string[] unknown = [.. arguments.UnmatchedTokens.Where((word, index) => word.StartsWith('-') || index == 0)];
        foreach (string word in unknown)
        {
            bool isCommand = command.Subcommands.Count > 0 && !word.StartsWith('-');
            Say($"error: '{name}' has no {(isCommand ? "command" : "option or argument")} '{word}'");
            hints.AddRange(Meant(command, word, isCommand, arguments.UnmatchedTokens) is { } meant ? [meant] : []);
        }

        foreach (string message in Messages(arguments, command, name, unknown.Length == 0, hints))
        {
            Say($"error: {message.TrimEnd('.')}");
        }

        foreach (string hint in hints.DefaultIfEmpty($"`{name} --help` shows the usage"))
        {
            Say($"hint: {hint}");
        }

        return ExitCode;

        static void Say(string line) => Console.Error.WriteLine(Terminal.PaintProblem(line, Terminal.HasColours(Console.IsErrorRedirected)));
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
            words.AddError($"'{string.Join(' ', Path(command))}' has no option '{word}'{(Meant(command, word, false, []) is { } meant ? $": {meant}" : "")}");
        }
    }

    private static string? Meant(Command command, string word, bool isCommand, IReadOnlyList<string> words)
    {
        if (_mergekit.TryGetValue(word.Split('=')[0], out string? known) && !isCommand)
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
                string[] words = [.. wrong.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word => word.Trim('\''))];
                hints.AddRange(Suggestion.Closest(wrong.Groups[1].Value, words) is { } closest ? [$"did you mean '{closest}'?"] : []);
                yield return $"'{wrong.Groups[1].Value}' is none of {string.Join(", ", words)}";
                continue;
            }

            yield return several is not null && message.Contains($"'{several.Name}'", StringComparison.Ordinal)
                ? $"'{name}' needs {several.Arity.MinimumNumberOfValues} of {several.Name} or more"
                : WrongType().Replace(message, found => $"{found.Groups[2].Value} must be a {(found.Groups[3].Value == "Double" ? "number" : "whole number")}, found '{found.Groups[1].Value}'");
        }
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["mergehost"];

    [GeneratedRegex(@"^Argument '(.*)' not recognized\. Must be one of:(.*)$", RegexOptions.Singleline)]
    private static partial Regex NotAmong();

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for option '(.*)' as expected type 'System\.(Int32|Int64|Double)'\.?$")]
    private static partial Regex WrongType();
}
