namespace MergeHost.Evaluation.Reports;

/// <summary>A merge of a study: what could be known of it beforehand, and how it came out.</summary>
/// <param name="Study">The study.</param>
/// <param name="Experts">The letters of what was merged; a small letter is a variant of the expert of the capital one.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Settings">What sets it apart from the study's other merges by the method.</param>
/// <param name="Features">What could be known, by the names of <see cref="PredictedFeature"/>.</param>
/// <param name="Outcomes">How it came out on the test items, by the names of <see cref="PredictedOutcome"/>.</param>
public sealed record MergeExample(
    string Study, IReadOnlyList<string> Experts, string Method, IReadOnlyDictionary<string, string> Settings,
    IReadOnlyDictionary<string, double> Features, IReadOnlyDictionary<string, double> Outcomes);
