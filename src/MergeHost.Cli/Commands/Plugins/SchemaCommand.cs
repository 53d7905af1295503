using System.CommandLine;
using System.CommandLine.Completions;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost schema [WHAT]</c></summary>
internal static class SchemaCommand
{
    private const string Recipe = "recipe";

    private static readonly Argument<string> _what = What();

    public static Command Create()
    {
        Command command = new("schema",
            "Prints the JSON Schema of recipes, with the parameters of everything that is installed, for editors; or that of what a "
                + "command prints with --json.")
        {
            _what, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, _, _) =>
        {
            string what = arguments.GetRequiredValue(_what);
            Console.Out.WriteLine(what == Recipe ? engine.RecipeSchema() : OutputSchema.Read(what).TrimEnd());
            return 0;
        }));
        return command;
    }

    // Asked for where the command runs: every start of the program makes every command.
    private static IEnumerable<string> Names => [Recipe, .. OutputSchema.Kinds.Keys];

    private static Argument<string> What()
    {
        Argument<string> what = new("WHAT")
        {
            Description = "recipe, manifest (mergehost.json), or what a command prints with --json: plan, inspect, evaluate, …",
            DefaultValueFactory = _ => Recipe,
            CompletionSources = { _ => Names.Select(name => new CompletionItem(name)) },
        };
        what.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } name }] && !Names.Contains(name))
            {
                result.AddError(
                    "there is no schema "
                        + $"'{name}'"
                        + $"{(Suggestion.Closest(name, Names) is { } closest ? $"; did you mean '{closest}'?" : "; name one "
                            + $"of {string.Join(", ", Names)}")}");
            }
        });
        return what;
    }
}
