using System.CommandLine;
using System.Text.Json;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost plugins list|show|lock|install|remove|update|test</c></summary>
internal static class PluginsCommand
{
    private static readonly Argument<string> _id =
        new("ID") { Description = "A plugin, or a strategy, scorer, format or benchmark", CompletionSources = { _ => Installed.All } };
    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };

    private static readonly Option<bool> _outdated =
        new("--outdated") { Description = "List plugins that you installed and of which a feed has a newer version" };

    public static Command Create() => new("plugins", "Shows what is installed, and installs more.")
    {
        CreateList(), CreateShow(), CreateLock(), PluginPackageCommands.CreateInstall(), PluginPackageCommands.CreateRemove(),
        PluginPackageCommands.CreateUpdate(),
        PluginTestCommand.Create(),
    };

    private static Command CreateList()
    {
        Command command = new("list", "Lists the plugins that are installed, and what is wrong with those that cannot be used.")
        {
            _outdated, SharedOptions.Source, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            if (arguments.GetValue(_outdated))
            {
                printer.Write(PluginPackageCommands.Outdated(arguments.GetValue(SharedOptions.Source), cancellation), List);
                return 0;
            }

            PluginsSummary plugins = engine.ListPlugins();
            printer.Write(plugins, List);
            printer.Show(plugins.Problems);
            return 0;
        }));
        return command;
    }

    private static Command CreateShow()
    {
        Command command = new("show", "Describes a plugin's strategies, scorers, formats and benchmarks with their parameters.")
        {
            _id, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            printer.Write(engine.ShowPlugin(arguments.GetRequiredValue(_id)), exports => exports.ToList().ForEach(Describe));
            return 0;
        }));
        return command;
    }

    private static Command CreateLock()
    {
        Command command = new("lock", "Writes mergehost.lock.json beside a recipe: the plugins it uses now, byte for byte, for --locked.")
        {
            _recipe, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            string path = engine.LockPlugins(arguments.GetRequiredValue(_recipe));
            printer.Write(new WrittenLock(path), made => Console.WriteLine($"{made.Path}: written"), isData: false);
            return 0;
        }));
        return command;
    }

    private static void List(IReadOnlyList<OutdatedPlugin> plugins)
    {
        if (plugins.Count == 0)
        {
            Console.WriteLine("nothing to update");
        }

        Columns.Write([.. plugins.Select(plugin => new[] { plugin.Id, plugin.Installed, $"{plugin.Newest} is there" })]);
    }

    private static void List(PluginsSummary plugins)
    {
        if (plugins.Plugins.Count == 0)
        {
            Console.WriteLine(
                $"no plugins in {(plugins.Roots.Count == 0 ? "any of the usual folders" : string.Join(", ", plugins.Roots))}");
            return;
        }

        Columns.Write([.. plugins.Plugins.Select(plugin => new[] { plugin.Id, plugin.Version, string.Join(", ", plugin.Exports) })]);
    }

    private static void Describe(ExportSummary export)
    {
        Console.WriteLine($"{export.Kind} {export.Id}  (plugin {export.Plugin})");
        WrappedText.Write(export.Description, 2);
        WrappedText.Write(export.Remarks, 2);
        if (export.Models is not null)
        {
            Console.WriteLine($"  merges {export.Models}");
        }

        if (export.Files.Count > 0)
        {
            Console.WriteLine($"  opens {string.Join(", ", export.Files)}");
        }

        foreach (OptionSummary option in export.Options)
        {
            string range = option.Range is null ? "" : $" in {option.Range}";
            string standard = option.Default is null ? "required" : $"default {Visible(option.Default)}";
            Console.WriteLine($"  {option.Name}: {option.Type}{range}, {standard}{(option.IsPerSource ? ", for each model" : "")}");
            WrappedText.Write(option.Description, 6);
        }

        Console.WriteLine();
    }
    // White space is seen between quotes only.
    private static string Visible(string text) =>
        text.Length > 0 && text.Trim() == text && !text.Any(char.IsControl) ? text : JsonSerializer.Serialize(text);
}
