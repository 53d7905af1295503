namespace MergeHost.Evaluation.Reports;

/// <summary>How a merge of a study stands to what is always there: its base, and the best of its experts.</summary>
/// <param name="Stage">The stage of the study.</param>
/// <param name="Merge">The merge's name.</param>
/// <param name="Settings">What sets it apart from the other merges by its method.</param>
/// <param name="Over">What kind of tasks counts: <c>accuracy</c> or <c>perplexity</c>.</param>
/// <param name="OverBase">The mean of its scores less that of the base's.</param>
/// <param name="Expert">The expert with the best mean on the development items.</param>
/// <param name="OverExpert">The mean of its scores less that of this expert's.</param>
/// <param name="IsTied">
/// Whether it is the best merge of the same models in the stage, or its difference from the best may be chance (0.05, corrected by Holm).
/// </param>
public sealed record StudyStanding(
    string Stage, string Merge, IReadOnlyDictionary<string, string> Settings, string Over, CorrectedDifference OverBase, string Expert,
    CorrectedDifference OverExpert, bool IsTied);

/// <summary>A difference of two models' mean scores on the test items, in points of 100.</summary>
/// <param name="Value">The difference.</param>
/// <param name="Low">The lower end of its interval of 95 %, by a bootstrap of paired items.</param>
/// <param name="High">The upper end.</param>
/// <param name="Probability">How likely one as large is by chance, two-sided, by the deviation of the bootstrap's draws.</param>
/// <param name="Holm">The same, corrected by Holm for all merges of the table.</param>
/// <param name="FalseDiscovery">The same by Benjamini and Hochberg: of those below a level at most that share is false, on average.</param>
public sealed record CorrectedDifference(double Value, double Low, double High, double Probability, double Holm, double FalseDiscovery);
