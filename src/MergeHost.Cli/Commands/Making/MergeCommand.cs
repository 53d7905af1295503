using System.CommandLine;
using System.CommandLine.Parsing;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost merge RECIPE OUT</c></summary>
internal static class MergeCommand
{
    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };
    private static readonly Argument<string> _output =
        new("OUT") { Description = "The folder that the result is written to, or a file: NAME.gguf" };

    private static readonly Option<bool> _noEvaluate =
        new("--no-evaluate") { Description = "Do not measure the result by the recipe's suite" };

    private static readonly Option<bool> _check =
        new("--check") { Description = "Run what a builder built, and compare it with what it must be" };
    private static readonly Option<MergePart?> _survey = SharedOptions.PartOf("--survey",
        "Before parts, where a recipe chooses by scores or measures whole models: find what all need; such as 1/2");
    private static readonly Option<bool> _finish = new("--finish") { Description = "Put the parts together, once all are there" };

    private static readonly Option<bool> _noCard =
        new("--no-card") { Description = "Write no README.md, the model card that the hub shows" };

    public static Command Create()
    {
        Command command =
            new("merge", "Runs a recipe. Stopped or killed, the same command goes on where it stopped; done, it does nothing.")
        {
            _recipe, _output, SharedOptions.Part, _survey, _finish, SharedOptions.Stage, _noEvaluate, _noCard, _check, SharedOptions.Html,
            SharedOptions.Force, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Memory, SharedOptions.ShardSize,
            SharedOptions.Seed,
            SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Locked, SharedOptions.Stream, SharedOptions.Plugins, Timings.Trace,
            SharedOptions.Json, SharedOptions.Quiet,
        };
        command.Validators.Add(CheckParts);
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
            Timings.Take(arguments, printer, () => Run(arguments, engine, printer, cancellation))));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string recipe = arguments.GetRequiredValue(_recipe);
        string output = arguments.GetRequiredValue(_output);
        MergeOptions options = SharedOptions.Merging(arguments) with { Check = arguments.GetValue(_check) };
        if (arguments.GetValue(SharedOptions.Verbose) && File.Exists(recipe))
        {
            SayWhatIsDecided(engine.Plan(recipe, options, progress: null, cancellation), printer);
        }

        string? stage = arguments.GetValue(SharedOptions.Stage);
        if ((arguments.GetValue(SharedOptions.Part) ?? arguments.GetValue(_survey)) is { } part)
        {
            bool isSurvey = arguments.GetValue(_survey) is not null;
            PartSummary made = printer.Track(isSurvey ? $"survey {part}" : $"merging part {part}", progress => isSurvey
                ? engine.SurveyPart(recipe, output, part, options, stage, printer.Show, progress, cancellation)
                : engine.MergePart(recipe, output, part, options, stage, printer.Show, progress, cancellation));
            printer.Write(made, summary => Describe(summary, isSurvey), isData: false);
            return 0;
        }

        // The card is there before the output looks finished, and has the results once these are known.
        string? kept = null;
        void Finishing(MergeManifest made) => kept = made.IsAlreadyComplete && HasCard(output) ? null : WriteCard(arguments, made, engine);
        bool isFinish = arguments.GetValue(_finish);
        MergeManifest manifest = isFinish
            ? printer.Track("finishing",
                progress => engine.FinishParts(recipe, output, options, stage, printer.Show, progress, Finishing, cancellation))
            : Merge(recipe, output, options, Finishing, engine, printer, cancellation);
        if (stage is not null && manifest.Stages[^1].Name == stage)
        {
            printer.Write(manifest,
                made => Console.WriteLine(
                    $"{output}: stage {stage} is "
                        + $"finished: {made.Tensors.Count} tensors, {Bytes.Format(made.Files.Sum(file => file.Bytes))}"), isData: false);
            return 0;
        }

        EvaluationSummary? evaluation = arguments.GetValue(_noEvaluate)
            ? null
            : Evaluate(recipe, output, options, engine, printer, cancellation);
        manifest = manifest with { Evaluation = evaluation };
        if (evaluation is not null && kept is null)
        {
            kept = WriteCard(arguments, manifest, engine);
        }

        if (kept is not null)
        {
            printer.Say($"{kept} is no card of a merge, and stays as it is; no card is written");
        }

        Pages.Save(arguments, printer,
            () => MergeHtml.Write(manifest, output, Changes(recipe, manifest, output, options, engine, printer, cancellation)));
        printer.Write(manifest, made => Describe(made, output), isData: false);
        return 0;
    }

    private static void Describe(PartSummary part, bool isSurvey)
    {
        string already = part.IsAlreadyComplete ? ", which was done already" : "";
        Console.WriteLine(isSurvey
            ? $"{part.Output}: survey {part.Part} is done{(part.Count == 0 ? ": nothing was left to find" : $": {part.Count} answers")}"
            : $"{part.Output}: part {part.Part} is "
                + $"done{already}: {part.Count} tensors, {Bytes.Format(part.LengthBytes)} in {part.Files.Count} files; when all parts are, "
                + "the same command with --finish makes the output");
    }

    private static void CheckParts(CommandResult result)
    {
        string[] given = [.. new Option[] { SharedOptions.Part, _survey, _finish }
            .Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name)];
        if (given.Length > 1)
        {
            result.AddError($"{given[0]} and {given[1]} exclude each other");
        }

        if (given.Length > 0 && result.GetResult(SharedOptions.Force) is { Implicit: false })
        {
            result.AddError($"--force and {given[0]} exclude each other: parts never replace what is in OUT");
        }

        if (given is [var part] && part != _finish.Name && result.GetResult(SharedOptions.Html) is { Implicit: false })
        {
            result.AddError($"{part} and --html exclude each other: --finish writes the page");
        }

        if (given.Length == 0 && result.GetResult(SharedOptions.Stage) is { Implicit: false })
        {
            result.AddError("--stage goes with --part, --survey or --finish");
        }
    }

    private static bool HasCard(string output) => File.Exists(Path.Combine(output, "README.md"));

    private static string? WriteCard(ParseResult arguments, MergeManifest manifest, MergeEngine engine) =>
        arguments.GetValue(_noCard)
            ? null
            : engine.WriteCard(arguments.GetRequiredValue(_recipe), arguments.GetRequiredValue(_output), manifest);

    // What the output differs in from the model whose configuration it has; the two are read for the page alone.
    private static PairComparison? Changes(
        string recipe, MergeManifest manifest, string output, MergeOptions options, MergeEngine engine, IPrinter printer,
        CancellationToken cancellation)
    {
        try
        {
            return printer.Track("comparing",
                progress => engine.CompareWithDonor(recipe, manifest, output, options, progress, cancellation));
        }
        catch (MergeHostException)
        {
            // Layers that are stacked anew, or an earlier stage of the recipe.
            return null;
        }
    }

    private static void SayWhatIsDecided(PlanSummary plan, IPrinter printer)
    {
        foreach (StageSummary stage in plan.Stages)
        {
            printer.Say($"{stage.Name ?? "output"}: {stage.Method} by plugin {stage.Plugin}");
            foreach (IGrouping<string, TensorSummary> treated in stage.Tensors.GroupBy(tensor => tensor.Treatment))
            {
                printer.Say(
                    $"  {treated.Count()} tensors {treated.Key}, such "
                        + $"as {treated.First().Name} from {string.Join(" and ", treated.First().Inputs)}");
            }

            foreach (TensorAccount account in stage.Accounts)
            {
                printer.Say($"  of {account.Model}: {account.ToText()}");
            }
        }
    }

    private static MergeManifest Merge(
        string recipe, string output, MergeOptions options, Action<MergeManifest> finishing, MergeEngine engine, IPrinter printer,
        CancellationToken cancellation)
    {
        bool isYaml = IsYaml(output);
        return isYaml && !File.Exists(recipe)
            ? throw new MergeHostException([new Problem(ErrorCodes.RecipeUnreadable,
                $"{recipe}: {(Directory.Exists(recipe) ? "this is a folder" : "there is no such file")}, and OUT, '{output}', is a YAML "
                    + "file",
                $"The recipe comes first, did you swap the two? `{Invocation.Name} merge {output} {recipe}`")])
            : printer.Track("merging", progress => engine.Merge(recipe, output, options, printer.Show, progress, finishing, cancellation));
    }

    private static bool IsYaml(string path) =>
        File.Exists(path)
            && (path.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase));

    private static EvaluationSummary? Evaluate(string recipe, string output, MergeOptions options, MergeEngine engine, IPrinter printer,
        CancellationToken cancellation)
    {
        try
        {
            return new EvaluationEngine(engine).EvaluateOutput(recipe, output, options, printer.Follow, cancellation);
        }
        catch (Exception exception) when (exception is OperationCanceledException or MergeHostException)
        {
            printer.Say($"{output} is finished; only the measuring of it is not");
            throw;
        }
    }

    /// <summary>Makes a checkpoint, and tells of it.</summary>
    public static int Make(IPrinter printer, string title, string output, Func<IProgress<MergeProgress>?, MergeManifest> make)
    {
        printer.Write(printer.Track(title, make), made => Describe(made, output), isData: false);
        return 0;
    }

    // What was made, and what to do with it.
    private static void Describe(MergeManifest manifest, string output)
    {
        long bytes = manifest.Files.Sum(file => file.Bytes);
        string models = manifest.Stages[^1].Window is { } window
            ? $"{window.Count} checkpoints, {window[0].Name} to {window[^1].Name}"
                : string.Join(", ", manifest.Stages[^1].Inputs.Select(input => input.Name));
        string told = File.Exists(output) ? $"{Path.GetFileName(output)}.mergehost.json" : "mergehost.json";
        string again = manifest.IsAlreadyComplete ? ", already complete: nothing was left to do" : "";
        Console.WriteLine($"{output}: {manifest.Stages[^1].Method} of {models}{again}");
        Console.WriteLine(
            $"  {manifest.Tensors.Count} tensors, {Bytes.Format(bytes)} in {manifest.Files.Count} files; {told} tells how it was made");
        Console.WriteLine($"  look at it:  {Invocation.Name} inspect {output}");
        Console.WriteLine($"  check it:    {Invocation.Name} verify {output}");
        foreach (ManifestStage stage in manifest.Stages.Where(stage => stage.Check is not null))
        {
            Console.WriteLine($"  checked:     {stage.Check}");
        }

        FigureTable.Write(manifest);
        if (manifest.Evaluation is not null)
        {
            Console.WriteLine();
            EvaluationTable.Write(manifest.Evaluation, mainOnly: true);
        }
    }
}
