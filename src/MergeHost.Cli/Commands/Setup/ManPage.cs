using System.Globalization;
using System.Text;

namespace MergeHost.Cli.Commands.Setup;

/// <summary>A command's help as a manual page, in the macros of <c>man</c>.</summary>
internal static class ManPage
{
    /// <summary>The page's name: <c>mergehost-plugins-show</c>.</summary>
    public static string NameOf(CommandHelp help) => help.Name.Replace(' ', '-');

    /// <summary>The page.</summary>
    /// <param name="help">The command.</param>
    /// <param name="all">All commands, of which those below and above are referred to.</param>
    public static string Write(CommandHelp help, IReadOnlyList<CommandHelp> all)
    {
        StringBuilder page = new();
        string version = ProgramVersion.Current.Version.Split('+')[0];
        page.Append(CultureInfo.InvariantCulture, $".TH {NameOf(help).ToUpperInvariant()} 1 \"\" \"mergehost {version}\"\n");
        page.Append(CultureInfo.InvariantCulture, $".SH NAME\n{Text(NameOf(help))} \\- {Text(help.Description.TrimEnd('.'))}\n");
        page.Append(CultureInfo.InvariantCulture, $".SH SYNOPSIS\n.B {Text(help.Usage)}\n");
        Append("ARGUMENTS", help.Arguments);
        Append("OPTIONS", help.Options);
        page.Append(CultureInfo.InvariantCulture, $".SH EXIT STATUS\n{Text(HelpText.ExitCodes.Split('\n')[1].Trim())}\n");
        CommandHelp[] related = [.. all.Where(other => IsBelow(other, help) || IsBelow(help, other))];
        if (related.Length > 0)
        {
            page.Append(".SH SEE ALSO\n").AppendJoin('\n', related.Select(other => $".BR {Text(NameOf(other))} (1)"))
                .Append('\n');
        }

        return page.ToString();

        void Append(string title, IReadOnlyList<HelpEntry> entries)
        {
            page.Append(entries.Count > 0 ? $".SH {title}\n" : "");
            foreach (HelpEntry entry in entries)
            {
                string standard = entry.Default is null ? "" : $" (default: {entry.Default})";
                page.Append(CultureInfo.InvariantCulture, $".TP\n.B {Text(entry.Name)}\n{Text(entry.Description + standard)}\n");
            }
        }
    }

    private static bool IsBelow(CommandHelp one, CommandHelp other) => one.Name.StartsWith(other.Name + " ", StringComparison.Ordinal);

    // A hyphen that is typed, a backslash, and a point or quote that would begin a line of macros.
    private static string Text(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
