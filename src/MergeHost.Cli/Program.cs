using System.CommandLine;
using System.CommandLine.Invocation;
using MergeHost;
using MergeHost.Cli.Commands;
using MergeHost.Cli.Output;

StandardStreams.Install();
RootCommand root = MergeHostCommand.Create();
UsageError.RefuseOptions(root);
try
{
    if (args is ["--version", "--json"] or ["--json", "--version"])
    {
        new JsonPrinter(isQuiet: false).Write(ProgramVersion.Current, _ => { }, isData: true);
        return 0;
    }

    ParseResult arguments = root.Parse(HelpText.Words(args));
    Terminal.Colours = arguments.GetResult(SharedOptions.Color) is { } colour && !colour.Errors.Any()
        ? colour.GetRequiredValue(SharedOptions.Color)
        : Terminal.Colours;
    int exitCode = arguments.Action is ParseErrorAction
        ? UsageError.Report(arguments)
        : arguments.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });

    // A thread that a plugin left behind keeps nobody waiting.
    Environment.Exit(exitCode);
    return exitCode;
}
catch (MergeHostException exception)
{
    // Nobody can read what was to be written.
    new TextPrinter(isQuiet: false).Show(exception.Problems);
    return exception.Code.ExitCode;
}
