using System.CommandLine;
using System.CommandLine.Help;

namespace MergeHost.Cli.Commands;

/// <summary>What the help of a command says, for manual pages and the reference.</summary>
/// <param name="Name">The command with those above it, such as <c>mergehost plugins show</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Usage">How it is typed.</param>
/// <param name="Arguments">What it is given.</param>
/// <param name="Options">Its own options; those that every command has are at <c>mergehost</c>.</param>
internal sealed record CommandHelp(
    string Name, string Description, string Usage, IReadOnlyList<HelpEntry> Arguments, IReadOnlyList<HelpEntry> Options)
{
    /// <summary>The help of a command and of all below it that are not hidden, in the order of the help.</summary>
    public static IEnumerable<CommandHelp> All(Command command, string above = "")
    {
        string name = command is RootCommand ? "mergehost" : $"{above} {command.Name}";
        IEnumerable<CommandHelp> below = command.Subcommands.Where(inner => !inner.Hidden).SelectMany(inner => All(inner, name));
        return below.Prepend(Of(command, name));
    }

    private static CommandHelp Of(Command command, string name)
    {
        HelpEntry[] arguments = [.. command.Arguments.Where(argument => !argument.Hidden).Select(Of)];
        HelpEntry[] options = [.. command.Options.Where(option => !option.Hidden).Select(Of)];
        string usage = string.Join(' ', arguments.Select(argument => argument.Name).Prepend(name));
        string more = command.Subcommands.Any(inner => !inner.Hidden) ? " COMMAND" : "";
        usage += more + (options.Length > 0 ? " [OPTIONS]" : "");
        return new CommandHelp(name, command.Description ?? "", usage, arguments, options);
    }

    private static HelpEntry Of(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        string many = argument.Arity.MaximumNumberOfValues > 1 ? " …" : "";
        return new HelpEntry(argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}{many}]" : name + many, argument.Description ?? "", null);
    }

    private static HelpEntry Of(Option option)
    {
        IEnumerable<string> names = option.Aliases.Append(option.Name).Where(name => name.StartsWith('-')).Distinct()
            .OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal);
        bool hasValue = option.ValueType != typeof(bool) && option is not (HelpOption or VersionOption);
        string value = hasValue ? $" {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}" : "";
        return new HelpEntry(string.Join(", ", names) + value, option.Description ?? "", Default(option));
    }

    // Defaults that depend on the machine, and those that are nothing, tell a reader nothing.
    private static string? Default(Option option)
    {
        bool isOfMachine = option == SharedOptions.Threads || option == SharedOptions.Cache;
        object? value = option.HasDefaultValue && !isOfMachine ? option.GetDefaultValue() : null;
        string text = value switch
        {
            null or false => "",
            ByteSize size => size.Text,
            System.Collections.IEnumerable and not string => "",
            _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
        };
        return text.Length > 0 ? text : null;
    }
}

/// <summary>An argument or option in a command's help.</summary>
/// <param name="Name">Its names, with that of its value.</param>
/// <param name="Description">What it does.</param>
/// <param name="Default">Its value when nothing is said, or <see langword="null"/>.</param>
internal sealed record HelpEntry(string Name, string Description, string? Default);
