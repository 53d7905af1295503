using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands;

/// <summary><c>mergehost plan RECIPE</c></summary>
internal static class PlanCommand
{
    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };
    private static readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor" };

    public static Command Create()
    {
        Command command = new("plan", "Shows what a recipe would do and every problem it has; reads no tensor and writes nothing.")
        {
            _recipe, _tensors, SharedOptions.Locked, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            MergeOptions options = new() { Locked = arguments.GetValue(SharedOptions.Locked) };
            PlanSummary plan = engine.Plan(arguments.GetRequiredValue(_recipe), options);
            foreach (Problem warning in plan.Warnings)
            {
                printer.Show(warning);
            }

            printer.Write(plan, summary => Describe(summary, arguments.GetValue(_tensors)));
            return 0;
        }));
        return command;
    }

    private static void Describe(PlanSummary plan, bool listsTensors)
    {
        foreach (StageSummary stage in plan.Stages)
        {
            Console.WriteLine($"{stage.Name ?? "output"}: {stage.Method} (plugin {stage.Plugin}) of {string.Join(", ", stage.Models)}");
            foreach (IGrouping<string, TensorSummary> treated in stage.Tensors.GroupBy(tensor => tensor.Treatment))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {treated.Count(),6:N0} tensors {treated.Key}"));
            }

            Console.WriteLine($"  reads {Bytes.Format(stage.ReadBytes)}, writes {Bytes.Format(stage.WriteBytes)} ({Bytes.Count(stage.ElementCount)} parameters)");
            TimeSpan time = TimeSpan.FromSeconds((stage.ReadBytes + stage.WriteBytes) / Math.Max(plan.BytesPerSecond, 1));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  takes about {Bytes.Format(stage.MemoryBytes)} of memory, and {Math.Ceiling(time.TotalSeconds):N0} s or more at the {Bytes.Format((long)plan.BytesPerSecond)}/s that a sample was read with"));
            if (listsTensors)
            {
                ListTensors(stage);
            }
        }
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
