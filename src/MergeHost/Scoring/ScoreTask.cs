using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Running.Scheduling;

namespace MergeHost.Scoring;

/// <summary>The scoring of one pair by all scorers: one block.</summary>
internal sealed class ScoreTask(ScorePair pair, ScoreContext context) : IBlockTask, ITensorPhase
{
    private bool _isDone;

    public ScorePair Pair => pair;

    /// <summary>One score a scorer, once the task is done.</summary>
    public LayerScore[] Scores { get; private set; } = [];

    public ITensorPhase? Phase => _isDone ? null : this;

    public int BlockCount => 1;

    /// <inheritdoc/>
    public long NeededBytes => Needed(pair);

    /// <summary>Memory for three matrices in float32, and the Gram matrix with as much room to work on it.</summary>
    public static long Needed(ScorePair pair)
    {
        TensorInfo tensor = pair.Adapted.Tensor;
        if (tensor.Shape.Rank < 2 || tensor.ElementCount == 0 || TensorRoles.IsByToken(pair.Name))
        {
            return 0;
        }

        long columns = tensor.Shape[tensor.Shape.Rank - 1];
        long shorter = Math.Min(columns, tensor.ElementCount / columns);
        return (3 * sizeof(float) * tensor.ElementCount) + (2 * sizeof(double) * shorter * shorter);
    }

    public void Begin()
    {
    }

    public void Run(int block, BlockWorker worker)
    {
        using PairTensors tensors = new(pair, context);
        Scores = [.. context.Scorers.Select(scorer => Score(scorer, tensors))];
    }

    public void Advance(BlockWorker worker) => _isDone = true;

    private LayerScore Score(BoundScorer scorer, PairTensors tensors)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        LayerScore? score = PluginCall.Run(scorer.Installed, $"tensor '{pair.Name}'",
            () => scorer.Scorer.Score(tensors, scorer.Options, context.Algebra, context.Cancellation));
        if (score is not null && !double.IsNaN(score.Value))
        {
            foreach (AuxiliaryCheckpoint auxiliary in AuxiliaryClaim.Among(scorer.Options, isPerSource: false))
            {
                tensors.Check(auxiliary);
            }
        }

        return score is null || double.IsInfinity(score.Value)
            ? throw PluginMistake.Broken(scorer.Installed,
                $"returned {(score is null ? "no" : "an infinite")} score (tensor '{pair.Name}')")
            : score;
    }
}
