using System.Globalization;
using System.Text;
using MergeHost.Cli.Commands;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>The page of all commands, made of their help.</summary>
internal static class CommandPage
{
    private const string Begin = """
        <!-- Made of the program's help by ReferencePageTests, which rewrite it with MERGEHOST_REWRITE=1. -->
        # Commands, option by option

        `mergehost COMMAND --help` prints the same, and so does `man mergehost-COMMAND` where the pages of the archives are installed.
        [Commands](../commands.md) says what they are for. Sizes are numbers with K, M, G or T: `1G` is 2³⁰ bytes, `1GB` 10⁹.

        """;

    /// <summary>The page.</summary>
    public static string Write(IEnumerable<CommandHelp> commands)
    {
        StringBuilder page = new(Begin);
        foreach (CommandHelp command in commands)
        {
            string description = ExportPage.Plain(command.Description);
            page.Append(CultureInfo.InvariantCulture, $"\n## {command.Name}\n\n{description}\n\n`{command.Usage}`\n");
            Append(page, [.. command.Arguments, .. command.Options]);
        }

        return page.ToString();
    }

    private static string Row(HelpEntry entry) =>
        $"| `{entry.Name}` | {ExportPage.Plain(entry.Description)} | {(entry.Default is { } value ? $"`{value}`" : "")} |\n";

    private static void Append(StringBuilder page, IReadOnlyList<HelpEntry> entries)
    {
        if (entries.Count > 0)
        {
            page.Append("\n| | | default |\n| --- | --- | --- |\n").AppendJoin("", entries.Select(Row));
        }
    }
}
