using System.CommandLine;
using MergeHost.Cli.Commands;

RootCommand root = new("Merges large-language-model checkpoints by YAML recipes.\n\n" + CommandText.ExitCodes)
{
    MergeCommand.Create(),
    PlanCommand.Create(),
    InspectCommand.Create(),
    VerifyCommand.Create(),
    PluginsCommand.Create(),
};
ParseResult arguments = root.Parse(args);
return arguments.Errors.Count > 0 ? CommandText.ReportUsage(arguments) : arguments.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
