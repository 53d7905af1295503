using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MergeHost.Cli.Commands;

/// <summary>The help of every command: what System.CommandLine writes, and what the exit codes mean.</summary>
internal static class HelpText
{
    /// <summary>What the exit codes mean, below a title.</summary>
    public const string ExitCodes = """
        Exit codes:
          0 done, 1 a bug of ours, 2 wrong usage, 3 recipe, 4 checkpoint, 5 plugin or device, 6 merge or output, 7 benchmark, 130 cancelled
        """;

    /// <summary>Adds the exit codes to the help of a command and of all below it.</summary>
    public static void AddExitCodes(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new WithExitCodes((HelpAction)help.Action!);
    }

    /// <summary>The words of a command line, with <c>help COMMAND</c> as <c>COMMAND --help</c>.</summary>
    public static string[] Words(string[] args) => args is ["help", ..] ? [.. args[1..], "--help"] : args;

    private sealed class WithExitCodes(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int exitCode = inner.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes);
            return exitCode;
        }
    }
}
