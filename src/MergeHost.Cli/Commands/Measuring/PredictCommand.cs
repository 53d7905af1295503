using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost predict RECIPE</c></summary>
internal static class PredictCommand
{
    private static readonly Argument<string> _recipe =
        new("RECIPE") { Description = "The recipe, a YAML file: one stage that merges two models at least into their base" };

    private static readonly Option<string?> _suite = new("--suite")
    {
        Description =
            "Measure base and experts by the texts of this suite, too; by default those of the suite that the recipe names, if any",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _examples = new("--examples")
    {
        Description = "Look the merge up among these, as sweep --examples writes them; by default among those of our own studies",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        Command command = new("predict",
            "Says how merges came out that looked like a recipe's, and how far such a look can be trusted. The merge is made in memory; "
                + "nothing is written.")
        {
            _recipe, _suite, _examples, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Seed, SharedOptions.Memory,
            SharedOptions.Cache, SharedOptions.NoCache,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            PredictionReport report = new EvaluationEngine(engine).Predict(
                arguments.GetRequiredValue(_recipe), arguments.GetValue(_suite), arguments.GetValue(_examples),
                SharedOptions.Merging(arguments), printer.Show, printer.Follow, cancellation);
            printer.Write(report, Describe);
            return 0;
        }));
        return command;
    }

    private static void Describe(PredictionReport report)
    {
        Console.WriteLine(
            $"{report.Recipe}: what can be known of it, and how that went together with what came out "
                + $"of {string.Join(" and ", report.Studies.Select(study => $"{study.Value} merges of {study.Key}"))}");
        Console.WriteLine(
            "(Spearman's ρ of ranks within studies, interval of 95 % by drawing sets of experts; + where more of it went with a better "
                + "merge)");
        Console.WriteLine();
        Columns.Write(
        [
            ["", "value", "studies", .. report.Outcomes.Select(outcome => outcome.Name), "what it is"],
            .. report.Features.Select(feature => (string[])
            [
                feature.Name, Number(feature.Value), $"{Number(feature.Low)} to {Number(feature.High)}",
                .. report.Outcomes.Select(outcome => Worth(feature.Worth.First(worth => worth.Outcome == outcome.Name))), feature.Meaning,
            ]),
        ]);
        foreach (PredictedFeature feature in report.Features.Where(feature => feature.Value < feature.Low || feature.Value > feature.High))
        {
            Console.WriteLine(
                $"note: {feature.Name} {Number(feature.Value)} is beyond all merges of the studies, so that none of them looks like this "
                    + "one");
        }

        foreach (PredictedOutcome outcome in report.Outcomes)
        {
            Console.WriteLine();
            WrappedText.Write(Say(outcome), indent: 0);
        }
    }

    private static string Say(PredictedOutcome outcome)
    {
        string alike = outcome.Alike == 0 ? "nothing that was measured tells merges apart"
            : $"of {outcome.Alike} merges that looked most like this, {outcome.AlikeBetter} beat their base and every expert; of "
                + $"all {outcome.All}, {outcome.AllBetter}";
        string trust = outcome.Skill is not { } skill
            ? "No merge that is left without an expert differs from the others in this, so that a look says no more."
            : $"With an expert left out of the studies, such a look ranks its merges with ρ {Worth(outcome.HeldOut)} and "
                + $"is {Numbers.Percent(Math.Abs(skill))} {(skill > 0 ? "better" : "worse")} than saying the same of every merge.";
        return $"{outcome.Name} ({outcome.Meaning}): {alike}. {trust}";
    }

    private static string Worth(FeatureWorth worth) => worth.Rho is not { } rho ? "-"
        : worth.Low is { } low && worth.High is { } high
            ? $"{Numbers.Signed(rho, 2)} [{Numbers.Signed(low, 2)}, {Numbers.Signed(high, 2)}]"
            : Numbers.Signed(rho, 2);

    private static string Number(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "-";
}
