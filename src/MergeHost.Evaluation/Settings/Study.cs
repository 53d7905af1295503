using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Settings;

/// <summary>A study as written: which merges of some experts are tried, with which settings.</summary>
/// <param name="Path">The file, as the user wrote it; models' paths start at the current folder, and then at the study's.</param>
/// <param name="Name">Its name.</param>
/// <param name="SuitePath">The suite that measures.</param>
/// <param name="Base">The base of all experts.</param>
/// <param name="Experts">The experts, each with the letter by which merges are named.</param>
/// <param name="Methods">What is tried.</param>
/// <param name="Stages">What is merged, one stage after the other.</param>
/// <param name="Control">The name of the method that all others are compared with, or <see langword="null"/>.</param>
internal sealed record Study(
    string Path, string Name, string SuitePath, YamlScalar Base, IReadOnlyList<StudyExpert> Experts, IReadOnlyList<StudyMethod> Methods,
    IReadOnlyList<StudyStage> Stages, string? Control)
{
    /// <summary>That one merge is to be chosen, of a recipe with <c>merge_method: auto</c>; <see langword="null"/> of a study.</summary>
    public AutoChoiceRule? Auto { get; init; }
}

/// <summary>How a merge is chosen for a recipe with <c>merge_method: auto</c>.</summary>
/// <param name="Budget">How many merges may be measured.</param>
/// <param name="LeftOut">The methods that exceed it.</param>
internal sealed record AutoChoiceRule(int Budget, IReadOnlyList<string> LeftOut);

/// <summary>An expert of a study.</summary>
/// <param name="Letter">What it is called in the names of merges.</param>
/// <param name="Model">The checkpoint.</param>
/// <param name="Domain">The tasks it was trained for; <see langword="null"/> for all that are not general.</param>
internal sealed record StudyExpert(char Letter, YamlScalar Model, IReadOnlyList<YamlScalar>? Domain);

/// <summary>A way to merge, with all settings that are tried of it.</summary>
/// <param name="Name">What the names of its merges end with.</param>
/// <param name="Settings">At least one, unless it is tuned.</param>
internal sealed record StudyMethod(string Name, IReadOnlyList<StudySetting> Settings)
{
    /// <summary>What is found for each merge by itself, or <see langword="null"/> if nothing is.</summary>
    public TunedMethod? Tuned { get; init; }
}

/// <summary>One setting of a method.</summary>
/// <param name="Values">What sets it apart from the method's others, in the order of the study; nothing
/// where the method is tried in one way.</param>
/// <param name="Recipe">A recipe but for its base and models; <c>models:</c> names experts by their letters.</param>
internal sealed record StudySetting(IReadOnlyDictionary<string, string> Values, YamlMapping Recipe)
{
    public override string ToString() => string.Join(", ", Values.Select(pair => $"{pair.Key} {pair.Value}"));
}

/// <summary>A step of a study.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Merges">The letters of the experts of each merge.</param>
/// <param name="TriesAll">Whether all settings are tried, or just the one that was best in the last stage that tried all.</param>
/// <param name="Methods">The names of the methods that are tried; <see langword="null"/> for all.</param>
internal sealed record StudyStage(string Name, IReadOnlyList<string> Merges, bool TriesAll, IReadOnlyList<string>? Methods)
{
    /// <summary>Whether a method is tried.</summary>
    public bool Tries(StudyMethod method) => Methods?.Contains(method.Name) != false;
}
