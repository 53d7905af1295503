namespace MergeHost.Scoring;

/// <summary>The order in which scores say that tensors should be restored.</summary>
internal static class ScoreRanks
{
    /// <summary>Each row's place among those it can be compared with, from 1 for the first to restore; 0 where there is no score.</summary>
    public static int[] Of(BoundScorer scorer, IReadOnlyList<ScorePair> pairs, double[] values)
    {
        int[] ranks = new int[values.Length];
        double sign = scorer.Installed.Export.RestoreFirst == RestoreFirst.Highest ? -1 : 1;
        foreach (IGrouping<string, int> group in ScoreRunner.Comparable(scorer, pairs, row => values[row]))
        {
            foreach ((int row, int place) in group.OrderBy(row => sign * values[row]).Select((row, place) => (row, place)))
            {
                ranks[row] = place + 1;
            }
        }

        return ranks;
    }
}
