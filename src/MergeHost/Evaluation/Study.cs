namespace MergeHost.Evaluation;

/// <summary>A study as written: which merges of some experts are tried, with which settings.</summary>
/// <param name="Path">The file, as the user wrote it; models' paths start at the current folder, and then at the study's.</param>
/// <param name="Name">Its name.</param>
/// <param name="SuitePath">The suite that measures.</param>
/// <param name="Base">The base of all experts.</param>
/// <param name="Experts">The experts, each with the letter by which merges are named.</param>
/// <param name="Methods">What is tried.</param>
/// <param name="Stages">What is merged, one stage after the other.</param>
internal sealed record Study(
    string Path, string Name, string SuitePath, string Base, IReadOnlyList<StudyExpert> Experts, IReadOnlyList<StudyMethod> Methods, IReadOnlyList<StudyStage> Stages);

/// <summary>An expert of a study.</summary>
internal sealed record StudyExpert(char Letter, string Model);

/// <summary>A strategy with all settings that are tried of it.</summary>
/// <param name="Name">What the names of its merges end with.</param>
/// <param name="Strategy">The strategy.</param>
/// <param name="Settings">Parameters by name, as recipes have them.</param>
internal sealed record StudyMethod(string Name, string Strategy, IReadOnlyList<IReadOnlyDictionary<string, string>> Settings);

/// <summary>A step of a study.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Merges">The letters of the experts of each merge.</param>
/// <param name="TriesAll">Whether all settings are tried, or just the one that was best in the last stage that tried all.</param>
internal sealed record StudyStage(string Name, IReadOnlyList<string> Merges, bool TriesAll);
