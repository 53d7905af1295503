using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Makes an adapter of what training changed: of each matrix the nearest product of a rank, all else whole.</summary>
/// <remarks>
/// What an adapter of PEFT has no place for (convolutions, vectors of other names than weight and bias) is left out by name, with a
/// warning. With <c>dora</c> rows have the lengths of the trained model's: what a product of small rank loses of them is made up for.
/// </remarks>
[ModelBuilder("extract")]
public sealed class ExtractBuilder : IModelBuilder<ExtractOptions>
{
    private const string Lost = "no_place_in_an_adapter";

    /// <inheritdoc/>
    public ModelBlueprint Build(BuilderContext context, ExtractOptions options)
    {
        if (context.Base is null)
        {
            throw BuildException.Refused("the recipe names no base", "Name it by `base_model:`.");
        }

        ICheckpointReader @base = context.Models[context.Base];
        ICheckpointReader tuned = context.Models[options.Tuned];
        JsonObject? config = @base.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        Dictionary<string, TensorInfo> after = tuned.Tensors.ToDictionary(tensor => tensor.Name);
        HashSet<string> before = [.. @base.Tensors.Select(tensor => tensor.Name)];
        HashSet<string> unchanged = [.. options.Unchanged];
        TiedEnds ends = new(@base, config);
        AdapterPlan plan = new(context.OutputDType ?? DType.F32) { HasMagnitudes = options.Dora };
        ExtractedModule modules = new(plan, context, options, config, ends);
        List<TensorInfo> lost = [];
        foreach (TensorInfo tensor in @base.Tensors.Where(tensor => !unchanged.Contains(tensor.Name)))
        {
            if (!after.TryGetValue(tensor.Name, out TensorInfo? other))
            {
                throw BuildException.Refused($"'{options.Tuned}' has no '{tensor.Name}', which the base '{context.Base}' has",
                    "Name the base that it was trained from.");
            }

            Check(tensor, other, ends, options.Tuned, context.Base);
            if (!modules.Add(tensor))
            {
                lost.Add(tensor);
            }
        }

        TensorInfo[] added = [.. tuned.Tensors.Where(tensor => !before.Contains(tensor.Name) && !unchanged.Contains(tensor.Name))];
        foreach (TensorInfo tensor in added)
        {
            if (ends.IsTied && tensor.Name == ends.HeadName && tensor.Shape == ends.Embedding!.Shape)
            {
                modules.AddHead(tensor);
            }
            else
            {
                throw BuildException.Refused(
                    $"'{options.Tuned}' has '{tensor.Name}', which the base '{context.Base}' has not: an adapter can add no tensor",
                    "Name the base that it was trained from.");
            }
        }

        modules.AddParameters();
        modules.AddWhole(@base.Tensors);
        if (plan.Tensors.Count == 0)
        {
            throw BuildException.Refused($"'{options.Tuned}' changes nothing that an adapter can hold",
                "See that it is another model than the base.");
        }

        HashSet<BlueprintSource> used = [.. plan.Tensors.SelectMany(tensor => tensor.Sources)];
        HashSet<string> noPlace = [.. lost.Select(tensor => tensor.Name)];
        return new ModelBlueprint
        {
            Tensors = plan.Tensors,
            Companions = [plan.Config(NameOf(config, context.Base), "CAUSAL_LM")],
            Excused =
            [
                .. new[] { (Name: context.Base, Model: @base), (Name: options.Tuned, Model: tuned) }.DistinctBy(model => model.Name)
                    .SelectMany(model => model.Model.Tensors, (model, tensor) => new BlueprintSource(model.Name, tensor.Name))
                    .Where(source => !used.Contains(source))
                    .Select(source => new ExcusedTensor(source, noPlace.Contains(source.Tensor) ? Lost : "as_in_the_base")),
            ],
            Warnings = lost.Count == 0 ? [] :
            [
                new Problem(ErrorCodes.CheckpointOddity,
                    "an adapter has no place "
                        + $"for {string.Join(", ", lost.Take(8).Select(tensor => $"'{tensor.Name}' {tensor.Shape}"))}"
                        + $"{(lost.Count > 8 ? $" and {lost.Count - 8} more" : "")}; what changed in them is lost",
                    "Keep the whole model where they matter.", null, Severity.Warning),
            ],
        };
    }

    private static void Check(TensorInfo before, TensorInfo after, TiedEnds ends, string tuned, string @base)
    {
        if (before.Shape == after.Shape)
        {
            return;
        }

        bool isVocabulary = before.Name == ends.Embedding?.Name || TiedEnds.IsHead(before.Name);
        throw isVocabulary && before.Shape.Rank == 2 && after.Shape.Rank == 2 && before.Shape[1] == after.Shape[1]
            ? BuildException.Refused(
                $"'{before.Name}' has {after.Shape[0]} rows in '{tuned}', {before.Shape[0]} in the base '{@base}': an adapter can add no "
                    + "tokens",
                "Give the base as many rows first, and extract from that.")
            : BuildException.Refused($"'{before.Name}' is {after.Shape} in '{tuned}', {before.Shape} in the base '{@base}'",
                "Name the base that it was trained from.");
    }

    private static string NameOf(JsonObject? config, string @base) =>
        config.Find("_name_or_path").AsText() is { Length: > 0 } name ? name : @base;
}
