namespace MergeHost.Evaluation.Reports;

/// <summary>What is known of merges that looked like one that is planned.</summary>
/// <param name="Recipe">The recipe of the merge.</param>
/// <param name="Studies">The studies that are known, with the number of merges of each.</param>
/// <param name="Features">What was found of the merge, and what it was worth in the studies.</param>
/// <param name="Outcomes">How merges that looked like it came out.</param>
public sealed record PredictionReport(
    string Recipe, IReadOnlyDictionary<string, int> Studies, IReadOnlyList<PredictedFeature> Features,
    IReadOnlyList<PredictedOutcome> Outcomes);

/// <summary>Something that can be known of a merge beforehand.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Value">Its value; <see langword="null"/> if it was not measured.</param>
/// <param name="Low">The smallest value in the studies; a merge beyond it looks like none of theirs.</param>
/// <param name="High">The largest.</param>
/// <param name="Worth">How it went together with each outcome in the studies.</param>
public sealed record PredictedFeature(string Name, string Meaning, double? Value, double Low, double High,
    IReadOnlyList<FeatureWorth> Worth);

/// <summary>How a feature went together with an outcome: Spearman's ρ of ranks within studies.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Rho">The correlation; <see langword="null"/> where either never differs.</param>
/// <param name="Low">The lower end of its interval of 95 %, by drawing sets of experts.</param>
/// <param name="High">The upper end.</param>
public sealed record FeatureWorth(string Outcome, double? Rho, double? Low, double? High);

/// <summary>How merges that looked like the planned one came out.</summary>
/// <param name="Name">The outcome.</param>
/// <param name="Meaning">What it is; above 0 the merge is better than its base and every expert.</param>
/// <param name="Alike">How many merges of the studies looked most like it; 0 if nothing that was measured tells them apart.</param>
/// <param name="AlikeBetter">How many of them came out above 0.</param>
/// <param name="All">How many merges there are.</param>
/// <param name="AllBetter">How many of all came out above 0.</param>
/// <param name="HeldOut">How well the same look-up ranks merges of an expert that was left out, by the features
/// that this merge has: ρ with its interval.</param>
/// <param name="Skill">
/// <c>1 − Σ(p − y)² / Σ(q − y)²</c> over the same merges, with p the share among those alike, q that among all that were left, and y 1
/// where it came out above 0: above 0 looking up is better than saying the same of every merge.
/// </param>
public sealed record PredictedOutcome(string Name, string Meaning, int Alike, int AlikeBetter, int All, int AllBetter, FeatureWorth HeldOut,
    double? Skill);
