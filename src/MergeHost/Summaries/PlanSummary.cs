using MergeHost.Planning;
using MergeHost.Running;
using MergeHost.Strategies;

namespace MergeHost;

/// <summary>What a recipe would do.</summary>
/// <param name="Stages">The merges, in the order in which they would run.</param>
/// <param name="Warnings">What is worth knowing.</param>
public sealed record PlanSummary(IReadOnlyList<StageSummary> Stages, IReadOnlyList<Problem> Warnings)
{
    internal static PlanSummary Of(MergePlan plan) => new([.. plan.Stages.Select(StageSummary.Of)], plan.Warnings);
}

/// <summary>What one merge of a recipe would do.</summary>
public sealed record StageSummary
{
    /// <summary>The stage's name, or <see langword="null"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The strategy.</summary>
    public required string Method { get; init; }

    /// <summary>The plugin that has the strategy, with its version.</summary>
    public required string Plugin { get; init; }

    /// <summary>The models that take part, the base first.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The tensors of the output.</summary>
    public required IReadOnlyList<TensorSummary> Tensors { get; init; }

    /// <summary>How many elements the output has.</summary>
    public long ElementCount => Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent));

    /// <summary>Bytes of tensors that are read; those that have to be measured first may be read again.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes of tensors that are written.</summary>
    public required long WriteBytes { get; init; }

    /// <summary>The largest tensor that must be in memory as a whole, with its inputs, in bytes; 0 if none must.</summary>
    public required long WholeTensorBytes { get; init; }

    internal static StageSummary Of(StagePlan stage) => new()
    {
        Name = stage.Stage.Name,
        Method = stage.Strategy.Export.Id,
        Plugin = $"{stage.Strategy.Plugin.Id} {stage.Strategy.Plugin.Version}",
        Models = [.. stage.Models.Select(model => model.Name)],
        Tensors = [.. stage.Tensors.Select(TensorSummary.Of)],
        WriteBytes = stage.Tensors.Sum(tensor => tensor.Output.LengthBytes),
        ReadBytes = stage.Tensors.Sum(tensor => ProgressTimer.Bytes(tensor) - tensor.Output.LengthBytes),
        WholeTensorBytes = stage.Tensors.Max(tensor => TensorTask.WholeBytes(tensor)),
    };
}

/// <summary>How one tensor would be made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its dtype.</param>
/// <param name="Shape">Its extents, outermost first.</param>
/// <param name="Treatment">What is done: copied, elementwise, measured first, or whole.</param>
/// <param name="Inputs">The models and tensors it is made from, as <c>model: tensor</c>.</param>
public sealed record TensorSummary(string Name, string DType, IReadOnlyList<long> Shape, string Treatment, IReadOnlyList<string> Inputs)
{
    internal static TensorSummary Of(TensorPlan plan) => new(
        plan.Output.Name, plan.Output.DType.Name, [.. plan.Output.Shape], Word(plan),
        [.. plan.Read.Select(input => $"{input.Model.Name}: {input.Tensor.Name}")]);

    private static string Word(TensorPlan plan) => plan.Treatment switch
    {
        CopyTreatment when plan.Copied!.Tensor.DType == plan.Output.DType => "copied",
        CopyTreatment => "converted",
        ElementwiseTreatment => "elementwise",
        MeasureTreatment => "measured, then merged",
        _ => "whole",
    };
}
