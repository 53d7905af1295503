using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Scoring;

namespace MergeHost.Selecting;

/// <summary>Carries out the selection of a stage, before its tensors are made.</summary>
internal static class SelectionRunner
{
    /// <summary>Scores what a stage chooses among, and gives the plan with the choice made; a stage
    /// without a selection stays as it is.</summary>
    /// <exception cref="MergeHostException">A tensor cannot be read, or a scorer fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static StagePlan Choose(StagePlan stage, MergeOptions options, IProgress<MergeProgress>? progress,
        CancellationToken cancellation) =>
        Choose(stage, options, model => model.Open(), progress, cancellation);

    /// <inheritdoc cref="Choose(StagePlan, MergeOptions, IProgress{MergeProgress}?, CancellationToken)"/>
    /// <param name="stage">The stage.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="open">Opens a model.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public static StagePlan Choose(
        StagePlan stage, MergeOptions options, Func<InputModel, ICheckpointReader> open, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        if (stage.Selection is not { } selection)
        {
            return stage;
        }

        string name = stage.Stage.Name is null ? "scores" : $"{stage.Stage.Name}, scores";
        ScoreRunner runner = new(selection.Scorers, options, progress, cancellation, name);
        return stage.Choose(new Selector(selection, runner.Run(selection.Pairs, open)).Choose());
    }
}
