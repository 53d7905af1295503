using MergeHost.Planning;

namespace MergeHost.Scoring;

/// <summary>Carries out the selection of a stage, before its tensors are made.</summary>
internal static class SelectionRunner
{
    /// <summary>Scores what a stage chooses among, and gives the plan with the choice made; a stage without a selection stays as it is.</summary>
    /// <exception cref="MergeHostException">A tensor cannot be read, or a scorer fails.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static StagePlan Choose(StagePlan stage, MergeOptions options, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        if (stage.Selection is not { } selection)
        {
            return stage;
        }

        string name = stage.Stage.Name is null ? "scores" : $"{stage.Stage.Name}, scores";
        ScoreRunner runner = new(selection.Scorers, options, progress, cancellation, name);
        return stage.Choose(new Selector(selection, runner.Run(selection.Pairs)).Choose());
    }
}
