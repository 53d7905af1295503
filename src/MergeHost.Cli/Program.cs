using System.CommandLine;
using System.CommandLine.Invocation;
using MergeHost;
using MergeHost.Cli.Commands;
using MergeHost.Cli.Commands.Hub;
using MergeHost.Cli.Commands.Making;
using MergeHost.Cli.Commands.Measuring;
using MergeHost.Cli.Commands.Plugins;
using MergeHost.Cli.Commands.Setup;
using MergeHost.Cli.Output;

StandardStreams.Install();
RootCommand root = new("Merges large-language-model checkpoints by YAML recipes.")
{
    MergeCommand.Create(),
    ConvertCommand.Create(),
    TransplantCommand.Create(),
    ExtractCommand.Create(),
    StatisticsCommand.Create(),
    PlanCommand.Create(),
    InspectCommand.Create(),
    CompareCommand.Create(),
    ScoreCommand.Create(),
    EvaluateCommand.Create(),
    CompareResultsCommand.Create(),
    OverlapCommand.Create(),
    SweepCommand.Create(),
    SlurmCommand.Create(),
    ServeCommand.Create(),
    VerifyCommand.Create(),
    DownloadCommand.Create(),
    CacheCommand.Create(),
    PushCommand.Create(),
    PluginsCommand.Create(),
    StrategiesCommand.Create(),
    TorchCommand.Create(),
    InitCommand.Create(),
    SchemaCommand.Create(),
    CompletionsCommand.Create(),
    DoctorCommand.Create(),
};
root.Options.Add(SharedOptions.Trace);
root.Options.Add(SharedOptions.Color);
root.Options.Add(SharedOptions.Verbose);
HelpText.AddExitCodes(root);
UsageError.RefuseOptions(root);
try
{
    if (args is ["--version", "--json"] or ["--json", "--version"])
    {
        new JsonPrinter(isQuiet: false).Write(ProgramVersion.Current, _ => { }, isData: true);
        return 0;
    }

    ParseResult arguments = root.Parse(HelpText.Words(args));
    Terminal.Colours = arguments.GetResult(SharedOptions.Color) is { } colour && !colour.Errors.Any() ? colour.GetRequiredValue(SharedOptions.Color) : Terminal.Colours;
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
