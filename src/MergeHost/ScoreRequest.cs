namespace MergeHost;

/// <summary>The scorers that are asked for.</summary>
/// <param name="Scorers">Their names, each once; none for all that are installed.</param>
/// <param name="Settings">What is said of their options; the rest have their defaults.</param>
public sealed record ScoreRequest(IReadOnlyList<string> Scorers, IReadOnlyList<ScorerSetting> Settings)
{
    /// <summary>
    /// How the scores are to be checked afterwards, or <see langword="null"/>. Adds the scorers that any other must beat to mean something:
    /// <c>relative_change</c> and <c>random</c>.
    /// </summary>
    public ValidationRequest? Validation { get; init; }
}

/// <summary>An option of a scorer.</summary>
/// <param name="Scorer">The scorer.</param>
/// <param name="Option">The option's name in recipes.</param>
/// <param name="Value">Its value, as recipes have it.</param>
public sealed record ScorerSetting(string Scorer, string Option, string Value);

/// <summary>Asks for a check of scores by benchmarks: units of the adapted model are set to the
/// base's, and what that changes is measured.</summary>
/// <param name="SuitePath">The suite; its general tasks tell what comes back, the others what of the training's gain is lost.</param>
/// <param name="Tasks">The tasks that take part; none for all.</param>
public sealed record ValidationRequest(string SuitePath, IReadOnlyList<string> Tasks)
{
    /// <summary>Whether whole layers are swapped; else single weight matrices.</summary>
    public bool ByLayer { get; init; }
}
