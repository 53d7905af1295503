using System.CommandLine;
using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Measuring;

/// <summary><c>mergehost inspect CHECKPOINT</c></summary>
internal static class InspectCommand
{
    private const int MostMetadataChars = 100;

    private static readonly Argument<string[]> _checkpoints =
        new("CHECKPOINT") { Description = "Checkpoints: files, or folders", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor" };

    public static Command Create()
    {
        Command command = new("inspect", "Shows what a checkpoint's headers tell: tensors, dtypes, layers, files.")
        {
            _checkpoints, _tensors, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            CheckpointSummary[] checkpoints = [.. arguments.GetRequiredValue(_checkpoints).Select(engine.Inspect)];
            printer.Show([.. checkpoints.SelectMany(checkpoint => checkpoint.Warnings)]);
            void Tell(CheckpointSummary summary) => Describe(summary, arguments.GetValue(_tensors));
            if (checkpoints is [CheckpointSummary only])
            {
                printer.Write(only, Tell);
            }
            else
            {
                printer.Write(checkpoints, several => Array.ForEach(several, Tell));
            }

            return 0;
        }));
        return command;
    }

    private static void Describe(CheckpointSummary checkpoint, bool listsTensors)
    {
        string ties = checkpoint.TiesEmbeddings ? ", tied embeddings" : "";
        Console.WriteLine($"{checkpoint.Path}: {checkpoint.Architecture ?? "unnamed architecture"}, {checkpoint.LayerCount} layers{ties}");
        Console.WriteLine(
            $"  {checkpoint.Tensors.Count} tensors, {Bytes.Count(checkpoint.ElementCount)} parameters, "
                + $"{Bytes.Format(checkpoint.LengthBytes)}");
        foreach (IGrouping<DType, TensorInfo> type in checkpoint.Tensors.GroupBy(tensor => tensor.DType)
            .OrderByDescending(type => type.Sum(tensor => tensor.LengthBytes)))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {type.Count(),6:N0} tensors {type.Key}, {Bytes.Format(type.Sum(tensor => tensor.LengthBytes))}"));
        }

        Console.WriteLine($"  weights in {string.Join(", ", checkpoint.WeightFiles.Select(Path.GetFileName))}");
        if (checkpoint.Transforms.Count > 0)
        {
            Console.WriteLine($"  read through {string.Join(", ", checkpoint.Transforms)}");
        }

        Console.WriteLine($"  beside them {(checkpoint.Companions.Count == 0 ? "nothing" : string.Join(", ", checkpoint.Companions))}");
        if (checkpoint.Metadata.Count > 0)
        {
            Console.WriteLine("  metadata");
            Columns.Write([.. checkpoint.Metadata.Select(entry => new[] { OnOneLine(entry.Key), OnOneLine(entry.Value) })], indent: 4);
        }

        if (!listsTensors)
        {
            return;
        }

        Columns.Write(
            [
                .. checkpoint.Tensors.Zip(checkpoint.Roles, (tensor, role) => new[]
                {
                    tensor.Name, tensor.DType.Name, tensor.Shape.ToString(), role == TensorRole.Other ? "" : role.ToString(),
                }),
            ],
            indent: 2);
    }

    private static string OnOneLine(string text) =>
        CheckpointException.Printable(text.Length <= MostMetadataChars ? text : text[..MostMetadataChars] + "…");
}
