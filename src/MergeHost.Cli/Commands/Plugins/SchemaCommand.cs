using System.CommandLine;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost schema</c></summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        Command command = new("schema", "Prints the JSON Schema of recipes, with the parameters of everything that is installed, for editors.")
        {
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, _, _) =>
        {
            Console.Out.WriteLine(engine.RecipeSchema());
            return 0;
        }));
        return command;
    }
}
