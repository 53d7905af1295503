using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Reports;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost compare A B…</c></summary>
internal static class CompareCommand
{
    private static readonly Argument<string[]> _checkpoints = new("CHECKPOINT")
    {
        Description = "Two or more checkpoints of one architecture, or adapters of one base",
        Arity = new ArgumentArity(2, 64),
    };

    private static readonly Option<string?> _base =
        new("--base") { Description = "The checkpoint they were trained on from: compares their task vectors too", HelpName = "BASE" };
    private static readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor" };

    public static Command Create()
    {
        Command command = new("compare",
            "Shows how far checkpoints are from each other: L2 distance, cosine and conflicts of sign, whole and by layer; of adapters "
                + "also the shared space.")
        {
            _checkpoints, _base, _tensors, SharedOptions.Html, SharedOptions.Threads, SharedOptions.Plugins, SharedOptions.Json,
            SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            ComparisonReport report = printer.Track("comparing", progress => engine.Compare(
                arguments.GetRequiredValue(_checkpoints), arguments.GetValue(_base), SharedOptions.Merging(arguments), printer.Show,
                progress, cancellation));
            Pages.Save(arguments, printer,
                () => Pages.WithDigests(CompareHtml.Write(report), engine,
                    [.. report.Pairs.SelectMany(pair => (string[])[pair.A, pair.B]).Distinct()], cancellation));
            printer.Write(report, comparison => Describe(comparison, arguments.GetValue(_tensors)));
            return 0;
        }));
        return command;
    }

    private static void Describe(ComparisonReport report, bool listsTensors)
    {
        foreach (PairComparison pair in report.Pairs)
        {
            Console.WriteLine($"{pair.A} and {pair.B}: {Bytes.Count(pair.Whole.Elements)} parameters");
            IEnumerable<(string Name, Distance Distance)> rows = pair.Layers.Select(layer => ($"layer {layer.Layer}", layer.Distance))
                .Prepend(("whole", pair.Whole));
            rows = listsTensors ? rows.Concat(pair.Tensors.Select(tensor => (tensor.Name, tensor.Distance))) : rows;
            string[] taskVectors = pair.Whole.TaskVectors is null
                ? []
                : ["length of τ (first)", "length of τ (second)", "cosine of τ", "sign conflicts"];
            string[] spaces = pair.Whole.Spaces is null ? [] : ["outputs shared", "inputs shared"];
            Columns.Write([["", "L2", "cosine", .. taskVectors, .. spaces], .. rows.Select(row => Cells(row.Name, row.Distance))],
                indent: 2);
            foreach (string hint in pair.Hints)
            {
                Console.WriteLine($"  note: {hint}");
            }
        }

        if (report.LeftOut.Count > 0)
        {
            Console.WriteLine($"left out, since they have no distance: {string.Join(", ", report.LeftOut)}");
        }

        Verdict.Write(Verdict.Of(report));
    }

    private static string[] Cells(string name, Distance distance)
    {
        string[] taskVectors = distance.TaskVectors is { } tasks
            ? [Number(tasks.NormA), Number(tasks.NormB), Number(tasks.Cosine), Percent(tasks.SignConflictRate)]
            : [];
        string[] spaces = distance.Spaces is { } shared ? [Percent(shared.Outputs), Percent(shared.Inputs)] : [];
        return [name, Number(distance.L2), Number(distance.Cosine), .. taskVectors, .. spaces];
    }

    private static string Number(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "none";

    private static string Percent(double? value) => value is { } share ? Numbers.Percent(share) : "none";
}
