namespace MergeHost.Evaluation.Reports;

/// <summary>What was chosen for a recipe with <c>merge_method: auto</c>, by the development items alone.</summary>
/// <param name="Models">The models by the letters that merges are named by.</param>
/// <param name="Point">Which of the study's points: the first of <paramref name="Level"/>.</param>
/// <param name="Best">The point with the best Macro-OG.</param>
/// <param name="Level">The points that are within one standard error of the best, items paired, in the
/// order of the evidence for their methods.</param>
/// <param name="Budget">How many merges might be measured.</param>
/// <param name="LeftOut">The methods that were not tried, for the budget.</param>
public sealed record AutoChoice(IReadOnlyDictionary<string, string> Models, int Point, int Best, IReadOnlyList<int> Level, int Budget,
    IReadOnlyList<string> LeftOut);
