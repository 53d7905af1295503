using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Tuning;

namespace MergeHost.Evaluation.Studies;

/// <summary>A method with one of its settings.</summary>
internal sealed record Candidate(StudyMethod Method, StudySetting Setting);

/// <summary>A merge of a study, measured.</summary>
/// <param name="Letters">The letters of its experts.</param>
/// <param name="Candidate">How it was made.</param>
/// <param name="Model">What was found.</param>
internal sealed record StudyMerge(string Letters, Candidate Candidate, MeasuredModel Model)
{
    /// <summary>How its setting was found, if it was tuned.</summary>
    public TunedSetting? Tuned { get; init; }

    /// <summary>Its name: BFTA, FMTI; a method of more letters stands for itself.</summary>
    public string Name => NameOf(Letters, Candidate.Method);

    /// <summary>The name of a merge by a method.</summary>
    public static string NameOf(string letters, StudyMethod method) =>
        $"{(letters.Length == 1 ? "B" : "")}{letters}{(method.Name.Length > 2 ? " " : "")}{method.Name}";
}
