using System.CommandLine;
using MergeHost.Cli.Commands.Hub;
using MergeHost.Cli.Commands.Making;
using MergeHost.Cli.Commands.Measuring;
using MergeHost.Cli.Commands.Plugins;
using MergeHost.Cli.Commands.Setup;

namespace MergeHost.Cli.Commands;

/// <summary><c>mergehost</c>, with all commands below it.</summary>
internal static class MergeHostCommand
{
    public static RootCommand Create()
    {
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
            PredictCommand.Create(),
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
            ExplainCommand.Create(),
            ManCommand.Create(),
        };
        root.Options.OfType<VersionOption>().Single().Aliases.Add("-V");
        root.Options.Add(SharedOptions.Trace);
        root.Options.Add(SharedOptions.Color);
        root.Options.Add(SharedOptions.Verbose);
        HelpText.AddExitCodes(root);
        return root;
    }
}
