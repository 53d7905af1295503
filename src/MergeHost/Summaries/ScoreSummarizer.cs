using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Scoring;

namespace MergeHost.Summaries;

/// <summary>Puts scores and their ranks into a report.</summary>
internal static class ScoreSummarizer
{
    /// <summary>The report of scores.</summary>
    public static ScoreReport Of(
        string @base, string adapted, IReadOnlyList<BoundScorer> scorers, IReadOnlyList<ScorePair> pairs, IReadOnlyList<LayerScore[]> rows)
    {
        string[] modules = [.. pairs.Select(pair => pair.Module)];
        int[][] ranks = [.. ScoreColumn.Of(scorers, rows).Select(column => column.Places(modules))];
        return new ScoreReport
        {
            Base = @base,
            Adapted = adapted,
            LayerCount = pairs.Max(pair => pair.Layer + 1) ?? 0,
            Scorers = [.. scorers.Select(Of)],
            Tensors = [.. pairs.Select((pair, row) => Of(pair, scorers, rows[row], [.. ranks.Select(column => column[row])]))],
        };
    }

    private static ScorerSummary Of(BoundScorer scorer) => new(
        scorer.Id, $"{scorer.Installed.Plugin.Id} {scorer.Installed.Plugin.Version}", scorer.Installed.Export.RestoreFirst,
        scorer.Installed.Export.Comparability, scorer.OptionTexts);

    private static ScoredTensor Of(ScorePair pair, IReadOnlyList<BoundScorer> scorers, LayerScore[] scores, int[] ranks) => new(
        pair.Name, pair.Module, pair.Layer, [.. pair.Adapted.Tensor.Shape],
        scorers.Select((scorer, column) => (scorer.Id, Score: scores[column], Rank: ranks[column]))
            .Where(score => !double.IsNaN(score.Score.Value))
                .ToDictionary(score => score.Id, score => new ScoreSummary(
                    score.Score.Value, score.Rank, score.Score.Diagnostics.Where(number => double.IsFinite(number.Value)).ToDictionary())));
}
