using System.CommandLine;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost evaluate MODEL… --suite FILE</c></summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string[]> _models = new("MODEL")
    {
        Description = "Checkpoints, and recipes (.yaml): these are merged in memory, and nothing is written",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> _suite =
        new("--suite") { Description = "The suite of tasks, a YAML file", HelpName = "FILE", Required = true };
    private static readonly Option<string?> _base =
        new("--base") { Description = "The base that merges are compared with", HelpName = "MODEL" };
    private static readonly Option<string[]> _experts =
        new("--expert") { Description = "An expert that merges are compared with; may be given several times", HelpName = "MODEL" };

    private static readonly Option<string?> _results =
        new("--results") { Description = "Write results and items here, in the files of lm_eval; measures anew", HelpName = "FOLDER" };

    public static Command Create()
    {
        Command command =
            new("evaluate", "Measures checkpoints and recipes by a suite of tasks. What was measured before is taken from the cache.")
        {
            _models, _suite, SharedOptions.Tasks, _base, _experts, _results, SharedOptions.Html, SharedOptions.Device,
            SharedOptions.Threads, SharedOptions.Seed,
            SharedOptions.Memory, SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Plugins, SharedOptions.Json,
            SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            EvaluationRequest request = new(arguments.GetRequiredValue(_suite), arguments.GetRequiredValue(_models))
            {
                Tasks = SharedOptions.Names(arguments.GetRequiredValue(SharedOptions.Tasks)),
                ResultsFolder = arguments.GetValue(_results),
                Base = arguments.GetValue(_base),
                Experts = arguments.GetValue(_experts) ?? [],
            };
            EvaluationSummary summary = new EvaluationEngine(engine)
                .Evaluate(request, SharedOptions.Merging(arguments), printer.Show, printer.Follow, cancellation);
            Pages.Save(arguments, printer, () => EvaluationHtml.Write(summary), request.SuitePath);
            printer.Write(summary, found => EvaluationTable.Write(found, mainOnly: false));
            return 0;
        }));
        return command;
    }
}
