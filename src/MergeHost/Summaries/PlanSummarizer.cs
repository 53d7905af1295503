using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Options;
using MergeHost.Plans;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Strategies;

namespace MergeHost.Summaries;

/// <summary>Tells in words and numbers what a plan would do.</summary>
internal static class PlanSummarizer
{
    /// <summary>The summary of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">How it would be carried out.</param>
    public static PlanSummary Of(MergePlan plan, MergeOptions options) =>
        new([.. plan.Stages.Select(stage => Of(stage, options))], plan.Warnings, Bandwidth.Measure(plan))
        {
            Remote = [.. plan.InputFiles.Where(file => file.Store is not null).GroupBy(file => file.Store!).Select(Of)],
        };

    private static RemoteSummary Of(IGrouping<CheckpointFiles, InputFile> files)
    {
        CheckpointTerms? terms = files.Key.ReadTerms(CancellationToken.None);
        CheckpointCopies? copies = files.Key.Copies;
        InputFile[] distinct = [.. files.DistinctBy(file => file.Path)];
        return new RemoteSummary(files.Key.Path, distinct.Sum(file => file.LengthBytes),
            files.Key.MissingBytes([.. distinct.Select(file => file.Key)]),
            copies?.FreeBytes ?? 0, copies?.BytesPerSecond ?? 0, terms?.License, terms?.Access);
    }

    /// <summary>The summary of a stage.</summary>
    public static StageSummary Of(StagePlan stage, MergeOptions options) => new()
    {
        Name = stage.Stage.Name,
        Method = stage.Strategy.Export.Id,
        Plugin = $"{stage.Strategy.Plugin.Id} {stage.Strategy.Plugin.Version}",
        Models = [.. stage.ReadModels.Select(model => model.Name)],
        Window = stage.Window,
        Tensors = [.. stage.Tensors.Select(Of)],
        Accounts = StageAccounts.Of(stage),
        Alignments = [.. stage.Alignments.Select(alignment => alignment.Summary)],
        Then = [.. stage.Then.Select(step => step.Summary)],
        WriteBytes = stage.Tensors.SelectMany(tensor => tensor.Stored).Sum(tensor => tensor.LengthBytes),
        ReadBytes = stage.Tensors.Sum(tensor => tensor.ReadBytes),
        MemoryBytes = MemoryNeed.Of(stage, options),
        Selection = stage.Selection is null ? null : Of(stage.Selection),
    };

    private static TensorSummary Of(TensorPlan plan) => new(
        plan.Output.Name, plan.Stored[0].DType.Name, [.. plan.Output.Shape], Word(plan),
        [.. plan.Read.Select(input => $"{input.Model.Name}: {input.Tensor.Name}")]);

    private static string Word(TensorPlan plan) => plan.Then.Count == 0 ? WordOfMerge(plan)
        : $"{WordOfMerge(plan)}, then {string.Join(", ", plan.Then.Select(step => step.Step.Installed.Export.Id))}";

    private static string WordOfMerge(TensorPlan plan) => plan.Treatment switch
    {
        CopyTreatment when plan.Packed?.Copied.Count > 0 || (plan.Packed is null && plan.Copied!.Tensor.DType == plan.Output.DType) =>
            "copied",
        CopyTreatment => "converted",
        ElementwiseTreatment => "elementwise",
        MeasureTreatment => "measured, then merged",
        JoinTreatment => "joined",
        MakeTreatment => "made",
        _ => "whole",
    };

    private static SelectionSummary Of(SelectionPlan selection) => new(
        [.. selection.Scorers.Select(scorer => scorer.Id)],
        selection.Choices is null ? null : [.. selection.Choices.Select(choice => Of(choice, selection))]);

    private static ChoiceSummary Of(TensorChoice choice, SelectionPlan selection)
    {
        SelectionOptions options = selection.OptionsOf(choice.Pair.Name);
        return new ChoiceSummary(choice.Pair.Name, choice.Pair.Module, choice.Pair.Layer, choice.Score,
            OptionInfo.Format(choice.IsChosen ? options.Action : options.Others));
    }
}
