using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost plan RECIPE</c></summary>
internal static class PlanCommand
{
    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };
    private static readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor" };

    private static readonly Option<bool> _offline = new("--offline") { Description = "Ask no hub for anything: use what is cached" };

    public static Command Create()
    {
        Command command = new("plan",
            "Shows what a recipe would do and every problem it has; writes no output, and reads tensors only where `select:` chooses by "
                + "scores.")
        {
            _recipe, _tensors, _offline, SharedOptions.Html, SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Locked,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            if (arguments.GetValue(_offline))
            {
                // What programs for the hub share.
                Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
            }

            PlanSummary plan = printer.Track("planning",
                progress => engine.Plan(arguments.GetRequiredValue(_recipe), SharedOptions.Merging(arguments), progress, cancellation));
            printer.Show(plan.Warnings);
            Pages.Save(arguments, printer, () => PlanHtml.Write(plan, arguments.GetRequiredValue(_recipe)));
            printer.Write(plan, summary => Describe(summary, arguments.GetValue(_tensors)));
            return 0;
        }));
        return command;
    }

    private static void Describe(PlanSummary plan, bool listsTensors)
    {
        Describe(plan.Remote);

        foreach (StageSummary stage in plan.Stages)
        {
            string models = stage.Window is { } window ? $"a window of {window.Count} checkpoints" : string.Join(", ", stage.Models);
            Console.WriteLine($"{stage.Name ?? "output"}: {stage.Method} (plugin {stage.Plugin}) of {models}");
            Columns.Write([.. (stage.Window ?? []).Select(model => new[] { "weight", Weight(model.Weight), model.Name })], indent: 2);
            foreach (IGrouping<string, TensorSummary> treated in stage.Tensors.GroupBy(tensor => tensor.Treatment))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {treated.Count(),6:N0} tensors {treated.Key}"));
            }

            if (stage.Then.Count > 0)
            {
                Console.WriteLine($"  then {string.Join(", then ", stage.Then.Select(step => step.ToText()))}");
            }

            foreach (AlignmentSummary alignment in stage.Alignments)
            {
                Console.WriteLine($"  aligned by {alignment.Id} (plugin {alignment.Plugin})");
                foreach (string line in alignment.Lines)
                {
                    Console.WriteLine($"    {line}");
                }
            }

            foreach (TensorAccount account in stage.Accounts)
            {
                Console.WriteLine($"  of {account.Model}: {account.ToText()}");
            }

            Console.WriteLine(
                $"  reads {Bytes.Format(stage.ReadBytes)}, "
                    + $"writes {Bytes.Format(stage.WriteBytes)} ({Bytes.Count(stage.ElementCount)} parameters)");
            TimeSpan time = TimeSpan.FromSeconds((stage.ReadBytes + stage.WriteBytes) / Math.Max(plan.BytesPerSecond, 1));
            string duration = plan.BytesPerSecond == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $", and {Math.Ceiling(time.TotalSeconds):N0} s or more at the {Bytes.Format((long)plan.BytesPerSecond)}/s that a sample "
                    + $"was read with");
            Console.WriteLine($"  takes about {Bytes.Format(stage.MemoryBytes)} of memory{duration}");
            if (stage.Selection is { } selection)
            {
                Describe(selection);
            }

            if (listsTensors)
            {
                ListTensors(stage);
            }
        }

        Describe(plan.Suite);
    }

    private static void Describe(IReadOnlyList<SuiteTaskSummary> suite)
    {
        if (suite.Count == 0)
        {
            return;
        }

        Console.WriteLine(
            "the suite: the least difference in points that a task shows of two models four times in five (level 5 %), where one of them "
                + "alone is right on a quarter of the questions");
        Columns.Write(
            [
                .. suite.Select(task => (string[])
                [
                    task.Name, task.Benchmark,
                    task.Questions is { } questions ? string.Create(CultureInfo.InvariantCulture, $"{questions:N0} questions") : "a text",
                    task.LeastDifference is { } least ? string.Create(CultureInfo.InvariantCulture, $"{least:F1}") : "",
                ]),
            ],
            indent: 2);
    }

    private static string Weight(double weight) => weight.ToString("0.0000##", CultureInfo.InvariantCulture);

    private static void Describe(IReadOnlyList<RemoteSummary> models)
    {
        foreach (RemoteSummary model in models)
        {
            string missing = model.MissingBytes == 0
                ? "all of it is in the cache"
                : $"a merge downloads {Bytes.Format(model.MissingBytes)}";
            string terms =
                $"{(model.License is null ? "no licence is named" : $"licence {model.License}")}{(model.Access is null ? "" : $", "
                    + $"{model.Access}")}";
            Console.WriteLine($"{model.Address}: {Bytes.Format(model.LengthBytes)}, {missing}; {terms}");
        }

        long missingBytes = models.Sum(model => model.MissingBytes);
        if (missingBytes > 0)
        {
            double rate = models.Max(model => model.BytesPerSecond);
            string time = rate == 0
                ? ""
                : string.Create(CultureInfo.InvariantCulture,
                    $", about {Math.Ceiling(missingBytes / rate):N0} s at the {Bytes.Format((long)rate)}/s that headers came with");
            long freeBytes = models.Where(model => model.MissingBytes > 0).Min(model => model.FreeBytes);
            string room = missingBytes <= freeBytes ? "" : "; what has no room is read by ranges, and not kept";
            Console.WriteLine($"to download: {Bytes.Format(missingBytes)}{time}; the cache has room for {Bytes.Format(freeBytes)}{room}");
        }
    }

    private static void Describe(SelectionSummary selection)
    {
        string scorers = string.Join(" and ", selection.Scorers);
        if (selection.Tensors is null)
        {
            Console.WriteLine($"  chooses by {scorers} once the stages before it have run");
            return;
        }

        Console.WriteLine(
            $"  chooses {selection.Tensors.Count(tensor => tensor.IsChosen)} of "
                + $"{selection.Tensors.Count(tensor => tensor.Score is not null)} scored tensors by {scorers}");
        Columns.Write([.. selection.Tensors.Where(tensor => tensor.Score is not null).GroupBy(tensor => tensor.Module).Select(Chosen)],
            indent: 4);
    }

    private static string[] Chosen(IGrouping<string, ChoiceSummary> module)
    {
        List<ChoiceSummary> chosen = [.. module.Where(tensor => tensor.IsChosen)];
        string layers = chosen.Count == 0 ? "" : $"{chosen[0].Action} layer {string.Join(", ", chosen.Select(tensor => tensor.Layer))}";
        return [module.Key, $"{chosen.Count} of {module.Count()}", layers];
    }

    private static void ListTensors(StageSummary stage) => Columns.Write(
        [
            .. stage.Tensors.Select(tensor => new[]
            {
                tensor.Name, tensor.DType, $"[{string.Join(", ", tensor.Shape)}]", tensor.Treatment, string.Join(", ", tensor.Inputs),
            }),
        ],
        indent: 2);
}
