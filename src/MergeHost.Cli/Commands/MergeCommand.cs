using System.CommandLine;
using MergeHost.Cli.Output;
using MergeHost.Cli.Reports;
using MergeHost.Evaluation;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands;

/// <summary><c>mergehost merge RECIPE OUT</c></summary>
internal static class MergeCommand
{
    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };
    private static readonly Argument<string> _output = new("OUT") { Description = "The folder that the result is written to, or a file: NAME.gguf" };

    private static readonly Option<bool> _noEvaluate = new("--no-evaluate") { Description = "Do not measure the result by the recipe's suite" };

    private static readonly Option<bool> _check = new("--check") { Description = "Run what a builder built, and compare it with what it must be" };

    public static Command Create()
    {
        Command command = new("merge", "Runs a recipe. Stopped or killed, the same command goes on where it stopped; done, it does nothing.")
        {
            _recipe, _output, _noEvaluate, _check, SharedOptions.Html, SharedOptions.Force, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Memory, SharedOptions.ShardSize, SharedOptions.Seed,
            SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Locked, SharedOptions.Stream, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) => Run(arguments, engine, printer, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        string recipe = arguments.GetRequiredValue(_recipe);
        string output = arguments.GetRequiredValue(_output);
        MergeOptions options = SharedOptions.Merging(arguments) with { Check = arguments.GetValue(_check) };
        MergeManifest manifest = Merge(recipe, output, options, engine, printer, cancellation);
        EvaluationSummary? evaluation = arguments.GetValue(_noEvaluate) ? null : Evaluate(recipe, output, options, engine, printer, cancellation);
        manifest = manifest with { Evaluation = evaluation };
        Pages.Save(arguments, printer, () => MergeHtml.Write(manifest, output, Changes(recipe, manifest, output, options, engine, printer, cancellation)));
        printer.Write(manifest, made => Describe(made, output), isData: false);
        return 0;
    }

    // What the output differs in from the model whose configuration it has; the two are read for the page alone.
    private static PairComparison? Changes(
        string recipe, MergeManifest manifest, string output, MergeOptions options, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        try
        {
            return printer.Track("comparing", progress => engine.CompareWithDonor(recipe, manifest, output, options, progress, cancellation));
        }
        catch (MergeHostException)
        {
            // Layers that are stacked anew, or an earlier stage of the recipe.
            return null;
        }
    }

    private static MergeManifest Merge(string recipe, string output, MergeOptions options, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
    {
        bool isYaml = IsYaml(output);
        return isYaml && !File.Exists(recipe)
            ? throw new MergeHostException([new Problem(ErrorCodes.RecipeUnreadable,
                $"{recipe}: {(Directory.Exists(recipe) ? "this is a folder" : "there is no such file")}, and OUT, '{output}', is a YAML file",
                $"The recipe comes first, did you swap the two? `{Invocation.Name} merge {output} {recipe}`")])
            : printer.Track("merging", progress => engine.Merge(recipe, output, options, printer.Show, progress, cancellation));
    }

    private static bool IsYaml(string path) =>
        File.Exists(path) && (path.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase));

    private static EvaluationSummary? Evaluate(string recipe, string output, MergeOptions options, MergeEngine engine, IPrinter printer, CancellationToken cancellation)
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
            ? $"{window.Count} checkpoints, {window[0].Name} to {window[^1].Name}" : string.Join(", ", manifest.Stages[^1].Inputs.Select(input => input.Name));
        string told = File.Exists(output) ? $"{Path.GetFileName(output)}.mergehost.json" : "mergehost.json";
        string again = manifest.IsAlreadyComplete ? ", already complete: nothing was left to do" : "";
        Console.WriteLine($"{output}: {manifest.Stages[^1].Method} of {models}{again}");
        Console.WriteLine($"  {manifest.Tensors.Count} tensors, {Bytes.Format(bytes)} in {manifest.Files.Count} files; {told} tells how it was made");
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
