using System.CommandLine;
using System.CommandLine.Invocation;
using MergeHost.Cli.Commands;

RootCommand root = new("Merges large-language-model checkpoints by YAML recipes.")
{
    MergeCommand.Create(),
    ConvertCommand.Create(),
    PlanCommand.Create(),
    InspectCommand.Create(),
    CompareCommand.Create(),
    ScoreCommand.Create(),
    EvaluateCommand.Create(),
    SweepCommand.Create(),
    ServeCommand.Create(),
    VerifyCommand.Create(),
    PluginsCommand.Create(),
};
HelpText.AddExitCodes(root);
ParseResult arguments = root.Parse(args);
return arguments.Action is ParseErrorAction
    ? UsageError.Report(arguments)
    : arguments.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
