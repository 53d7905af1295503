using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Packings;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Finds out how a stage's output is packed.</summary>
/// <remarks>
/// A recipe says it by <c>output: {packing: NAME}</c>. Where it says neither that nor a type, and every packed tensor is taken over
/// unchanged, the output is packed as the models are: nothing is unpacked just to be written.
/// </remarks>
/// <param name="stage">The stage.</param>
/// <param name="models">Its models.</param>
/// <param name="plugins">What it may use.</param>
/// <param name="host">Creates what it uses.</param>
/// <param name="problems">Receives what is wrong or worth knowing.</param>
internal sealed class OutputPacking(
    RecipeStage stage, IReadOnlyCollection<InputModel> models, PluginSet plugins, PluginHost host, List<Problem> problems)
{
    /// <summary>The packing that asks for plain output.</summary>
    public const string None = "none";

    private InstalledExport? _export;

    /// <summary>Whether packed tensors of the models stay packed, so that their types say nothing of those of the output.</summary>
    public bool IsSame { get; private set; }

    /// <summary>Decides by which plugin weights are packed.</summary>
    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="canPack">Whether the output is of a format that holds packed weights, and is no earlier stage's.</param>
    public void Decide(IReadOnlyList<TensorPlan> tensors, bool canPack)
    {
        string? name = stage.OutputPacking?.Text;
        if (name == None)
        {
            return;
        }

        if (name is not null && (!canPack || stage.OutputType is not null))
        {
            problems.Add(new Problem(ErrorCodes.Conflict,
                $"'packing: {name}' needs an output in safetensors that is no earlier stage's, without 'out_type' and 'build'",
                $"Write `packing: {None}`, or leave the other out.", stage.OutputPacking!.Place));
            return;
        }

        IsSame = name == PackingRequest.Same || (name is null && canPack && CopiesAll(tensors));
        _export = IsSame
            ? models.Where(model => model.Unpacked is not null).SelectMany(model => model.Exports)
                .FirstOrDefault(export => export.Export.Packings.Count > 0)
            : name is not null ? Find(name) : null;
    }

    /// <summary>Plans how the output is stored.</summary>
    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="layout">The output as it would be stored plain.</param>
    /// <returns>The plugin's plan, or <see langword="null"/> for plain output.</returns>
    public (InstalledExport Export, PackedCheckpoint Packed)? Plan(IReadOnlyList<TensorPlan> tensors, CheckpointLayout layout)
    {
        if (_export is null || host.Create<ICheckpointTransform>(_export) is not IWritableCheckpointTransform transform)
        {
            return null;
        }

        try
        {
            PackedCheckpoint packed = PluginCall.Run(_export, null, () => transform.Pack(new PackingRequest
            {
                Packing = IsSame ? PackingRequest.Same : stage.OutputPacking!.Text,
                Layout = layout,
                HasType = stage.OutputDType is not null,
                Origins = [.. tensors.Select(Origin)],
            }));
            problems.AddRange(packed.Warnings);
            return packed.Tensors.Count == 0 ? null : (_export, packed);
        }
        catch (CheckpointException exception)
        {
            // What nobody asked for need not be possible.
            problems.AddRange(exception.Problems.Select(problem => stage.OutputPacking is { } asked
                ? problem with { Place = asked.Place } : problem with { Severity = Severity.Warning }));
            return null;
        }
    }

    private bool CopiesAll(IReadOnlyList<TensorPlan> tensors)
    {
        List<TensorPlan> packed = [.. tensors.Where(plan => plan.Inputs.Any(IsPacked))];
        return stage is { OutputDType: null, OutputType: null, Selection: null } && packed.Count > 0
            && packed.TrueForAll(plan => plan.Copied is { Model.IsAsStored: true } copied && IsPacked(copied));
    }

    private static bool IsPacked(InputTensor input) => input.Model.Unpacked?.PartsOf(input.Tensor.Name).Count > 0;

    private InstalledExport? Find(string name)
    {
        List<InstalledExport> transforms = [.. plugins.Exports(ExportKind.Transform).Where(export => export.Export.Packings.Count > 0)];
        if (transforms.Find(export => export.Export.Packings.Contains(name)) is { } found)
        {
            return plugins.Resolve(ExportKind.Transform, found.Export.Id, stage.OutputPacking?.Place);
        }

        string[] known = [PackingRequest.Same, None, .. transforms.SelectMany(export => export.Export.Packings)];
        problems.Add(new Problem(ErrorCodes.ValueOutOfRange,
            $"packing is '{CheckpointException.Printable(name)}'; it must be one of {string.Join(", ", known)}",
            Suggestion.Hint(name, known, $"Write `packing: {PackingRequest.Same}` for that of the models."), stage.OutputPacking!.Place));
        return null;
    }

    private static PackingOrigin Origin(TensorPlan plan) =>
        new([.. plan.Inputs.Select(Input)], plan.Copied is { } copied ? Input(copied) : null);

    private static PackingInput Input(InputTensor input) =>
        new(input.Model.Name, input.Tensor, input.Model.Unpacked, input.Model.IsAsStored);
}
