using System.CommandLine;
using MergeHost.Authoring;
using MergeHost.Cli.Output;
using MergeHost.Packages;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost init [RECIPE]</c></summary>
internal static class InitCommand
{
    private static readonly Argument<string> _recipe =
        new("RECIPE") { Description = "The recipe to write", DefaultValueFactory = _ => "recipe.yaml" };

    private static readonly Option<string?> _method = new("--method")
    {
        Description = "How models are merged; asked for in a terminal",
        HelpName = "NAME",
        CompletionSources = { _ => Installed.Strategies }
    };

    private static readonly Option<string[]> _models =
        new("--model") { Description = "A model to merge; once for each", HelpName = "MODEL", DefaultValueFactory = _ => [] };
    private static readonly Option<string?> _base =
        new("--base") { Description = "The model that the others were trained from", HelpName = "MODEL" };

    private static readonly Option<string?> _example = new("--example")
    {
        Description = "Write recipes with small models to try them on into a new folder, in place of a recipe",
        HelpName = "FOLDER"
    };

    public static Command Create()
    {
        Command command = new("init", "Writes a recipe with a comment for each parameter, and its JSON Schema for editors beside it.")
        {
            _recipe, _method, _models, _base, _example, SharedOptions.Source, SharedOptions.Plugins, SharedOptions.Json,
            SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            if (arguments.GetValue(_example) is { } folder)
            {
                using PackageFeeds feeds = PackageFeeds.Open(arguments.GetValue(SharedOptions.Source));
                ExampleInstaller.Write(folder, feeds, cancellation).GetAwaiter().GetResult();
                printer.Write(new WrittenRecipe(folder, null),
                    made => Console.WriteLine(
                        $"{folder}: written\n  run it:  {Invocation.Name} merge {Path.Combine(folder, "quickstart.yaml")} OUT"),
                            isData: false);
                return 0;
            }

            string path = arguments.GetRequiredValue(_recipe);
            if (File.Exists(path))
            {
                throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{path}: this file exists",
                    "Name another, or remove it first."), null);
            }

            bool asks = !Console.IsInputRedirected && !arguments.GetValue(SharedOptions.Json);
            string method = arguments.GetValue(_method) ?? Ask(asks, $"Method ({string.Join(", ", Installed.Strategies)})")
                ?? throw Missing("the method", "--method NAME");
            string[] models = arguments.GetRequiredValue(_models) is { Length: > 0 } named ? named
                : Ask(asks, "Models to merge, with spaces between them")?.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    ?? throw Missing("the models", "--model MODEL, once for each");
            string? @base = arguments.GetValue(_base) ?? (arguments.GetValue(_method) is null ? Ask(asks, "Base, or nothing") : null);
            string schema = Path.Combine(Path.GetDirectoryName(path) ?? "", RecipeDraft.SchemaFile);
            OutputFile.Write(path, engine.DraftRecipe(method, models, @base));
            OutputFile.Write(schema, engine.RecipeSchema());
            printer.Write(new WrittenRecipe(path, schema), made =>
            {
                Console.WriteLine($"{made.Path}: written, and {made.SchemaPath} for editors");
                Console.WriteLine($"  check it:  {Invocation.Name} plan {made.Path}");
                Console.WriteLine($"  run it:    {Invocation.Name} merge {made.Path} OUT");
            }, isData: false);
            return 0;
        }));
        return command;
    }

    private static string? Ask(bool asks, string question)
    {
        if (!asks)
        {
            return null;
        }

        Console.Error.Write($"{question}: ");
        return Console.ReadLine() is { } answer && answer.Trim() is { Length: > 0 } words ? words : null;
    }

    private static MergeHostException Missing(string what, string option) =>
        new(new Problem(ErrorCodes.Missing, $"{what} of the recipe is not named", $"Name it by {option}."), null);
}
