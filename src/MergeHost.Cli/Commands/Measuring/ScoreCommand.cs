using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost score BASE ADAPTED</c></summary>
internal static class ScoreCommand
{
    private static readonly Argument<string> _base = new("BASE") { Description = "The checkpoint before training" };
    private static readonly Argument<string> _adapted = new("ADAPTED") { Description = "The checkpoint after it" };
    private static readonly Option<string> _scorer = new("--scorer")
    {
        Description = "The scorers, with commas between them, or all; `mergehost plugins show NAME` describes one",
        HelpName = "NAMES",
        Required = true,
        CompletionSources = { _ => Installed.Scorers },
    };

    private static readonly Option<ScorerSetting[]> _set = new("--set")
    {
        Description = "An option of a scorer, such as spear.w=0.7; may be given several times",
        HelpName = "SCORER.OPTION=VALUE",
        DefaultValueFactory = _ => [],
        CustomParser = ParseSettings,
    };

    private static readonly Option<string?> _validate = new("--validate")
    {
        Description = "Check the scores by this suite of tasks: set each unit to the base's and measure what that changes",
        HelpName = "SUITE",
    };

    private static readonly Option<string> _unit = new Option<string>("--unit")
    {
        Description = "What is set to the base's at a time: module for single weight matrices, or layer",
        HelpName = "UNIT",
        DefaultValueFactory = _ => "module",
    }.AcceptOnlyFromAmong("module", "layer");

    public static Command Create()
    {
        Command command = new("score", "Scores what training changed in each weight matrix, the first to restore first.")
        {
            _base, _adapted, _scorer, _set, _validate, SharedOptions.Tasks, _unit, SharedOptions.Html, SharedOptions.Device,
            SharedOptions.Threads, SharedOptions.ScoreMemory, SharedOptions.Cache, SharedOptions.NoCache,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.Validators.Add(CheckValidation);
        command.SetAction(arguments => CommandRunner.Run(arguments,
            (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static void CheckValidation(CommandResult result)
    {
        foreach (Option option in new Option[] { SharedOptions.Tasks, _unit }
            .Where(option => result.GetResult(_validate) is null && result.GetResult(option) is { Implicit: false }))
        {
            result.AddError($"{option.Name} says how scores are checked, and needs --validate SUITE");
        }
    }

    private static ScorerSetting[] ParseSettings(ArgumentResult result)
    {
        List<ScorerSetting> settings = [];
        foreach (string text in result.Tokens.Select(token => token.Value))
        {
            if (text.Split('=', 2) is [string name, string value] && name.Split('.', 2) is [{ Length: > 0 } scorer, { Length: > 0 } option])
            {
                settings.Add(new ScorerSetting(scorer, option, value));
            }
            else
            {
                result.AddError($"--set must be SCORER.OPTION=VALUE, such as spear.w=0.7, found '{text}'");
            }
        }

        return [.. settings];
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string names = arguments.GetRequiredValue(_scorer);
        ScoreRequest request = new(
            names == "all" ? [] : SharedOptions.Names(names), arguments.GetRequiredValue(_set))
        {
            Validation = arguments.GetValue(_validate) is { } suite
                ? new ValidationRequest(suite, SharedOptions.Names(arguments.GetRequiredValue(SharedOptions.Tasks)))
                {
                    ByLayer = arguments.GetRequiredValue(_unit) == "layer"
                }
                : null,
        };
        MergeOptions options = SharedOptions.Merging(arguments) with { MemoryBytes = arguments.GetValue(SharedOptions.ScoreMemory).Bytes };
        ScoreReport report = printer.Track("scoring", progress => engine.Score(
            arguments.GetRequiredValue(_base), arguments.GetRequiredValue(_adapted), request, options, printer.Show, progress,
            cancellation));
        if (request.Validation is not null)
        {
            report = new EvaluationEngine(engine).Validate(report, request.Validation, options, printer.Follow, cancellation);
        }

        Pages.Save(
            arguments, printer, () => Pages.WithDigests(ScoreHtml.Write(report), engine, [report.Base, report.Adapted], cancellation),
            [.. new[] { request.Validation?.SuitePath }.OfType<string>()]);
        printer.Write(report, Describe);
        return 0;
    }

    private static void Describe(ScoreReport report)
    {
        Console.WriteLine(
            $"{report.Adapted} by {report.Base}: {report.LayerCount} layers; scores of one column compare {Comparison(report)}");
        string first = report.Scorers[0].Id;
        List<ScoredTensor> scored = [.. report.Tensors.Where(tensor => tensor.Scores.Count > 0)];
        Columns.Write(
            [
                ["tensor", .. report.Scorers.SelectMany(scorer => new[] { scorer.Id, "rank" })],
                .. scored.OrderBy(tensor => Rank(tensor, first))
                    .Select(tensor => (string[])[tensor.Name, .. report.Scorers.SelectMany(scorer => Cells(tensor, scorer.Id))]),
            ],
            indent: 2);
        Console.WriteLine($"  {report.Tensors.Count - scored.Count} tensors have no score: vectors, embeddings, heads");
        if (report.Validation is { } validation)
        {
            Describe(validation);
        }

        Verdict.Write(Verdict.Of(report));
    }

    private static void Describe(ScoreValidation validation)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"checked by {validation.Suite} ({string.Join(", ", validation.Tasks)}): each "
                + $"of {validation.Units.Count} {(validation.ByLayer ? "layers" : "matrices")} set to the base's by itself");
        Columns.Write(
            [
                ["", "over", "general ability kept", "gain kept"],
                .. validation.Adapted.Select(kept => (string[])["as trained", kept.Over, Percent(kept.General), Percent(kept.Gain)]),
            ],
            indent: 2);
        Console.WriteLine(
            $"ρ, Spearman's correlation of ranks{(validation.ByLayer ? "" : " within a module type")}, and how often a random order does "
                + "as well:");
        Columns.Write(
            [
                ["scorer", "over", "ρ with ability back", "chance", "ρ with gain left", "chance", "trade-off"],
                .. validation.Agreements.Select(agreement => (string[])
                [
                    agreement.Scorer, agreement.Over, Rho(agreement.General), Percent(agreement.General?.Chance), Rho(agreement.Gain),
                    Percent(agreement.Gain?.Chance),
                    agreement.TradeOff is { } tradeOff ? $"{Numbers.Signed(100 * tradeOff, 1)} points" : "none",
                ]),
            ],
            indent: 2);
        Console.WriteLine(
            "  trade-off: the share of lost ability that comes back, less the share of the gain that goes, on average over the scorer's "
                + "order");
    }

    private static string Rho(RankCorrelation? correlation) => correlation is null ? "none" : Numbers.Signed(correlation.Rho, 2);

    private static string Percent(double? share) => share is { } value ? Numbers.Percent(value) : "none";

    private static string Comparison(ScoreReport report)
    {
        List<string> global = [.. report.Scorers.Where(scorer => scorer.Comparability == Scoring.ScoreComparability.Global)
            .Select(scorer => scorer.Id)];
        return global.Count == 0 ? "within a module type" : $"within a module type, those of {string.Join(", ", global)} everywhere";
    }

    private static int Rank(ScoredTensor tensor, string scorer) =>
        tensor.Scores.TryGetValue(scorer, out ScoreSummary? score) ? score.Rank : int.MaxValue;

    private static string[] Cells(ScoredTensor tensor, string scorer) => tensor.Scores.TryGetValue(scorer, out ScoreSummary? score)
        ? [score.Value.ToString("G6", CultureInfo.InvariantCulture), score.Rank.ToString(CultureInfo.InvariantCulture)]
        : ["", ""];
}
