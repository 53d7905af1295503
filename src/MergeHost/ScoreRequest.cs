using MergeHost.Plugins;
using MergeHost.Scoring;
using MergeHost.Storage.Text;

namespace MergeHost;

/// <summary>The scorers that are asked for.</summary>
/// <param name="Scorers">Their names, each once; none for all that are installed.</param>
/// <param name="Settings">What is said of their options; the rest have their defaults.</param>
public sealed record ScoreRequest(IReadOnlyList<string> Scorers, IReadOnlyList<ScorerSetting> Settings)
{
    private static readonly string[] _controls = ["relative_change", "random"];

    // Problems of a command line have no place in a file.
    private static readonly TextPlace _place = new("", 0, 0);

    /// <summary>
    /// How the scores are to be checked afterwards, or <see langword="null"/>. Adds the scorers that any other must beat to mean something:
    /// <c>relative_change</c> and <c>random</c>.
    /// </summary>
    public ValidationRequest? Validation { get; init; }

    internal IReadOnlyList<BoundScorer> Bind(PluginSet plugins, PluginHost host)
    {
        List<Problem> problems = [];
        List<BoundScorer> bound = [];
        string[] installed = [.. plugins.Exports(ExportKind.Scorer).Select(export => export.Export.Id)];
        IReadOnlyList<string> names = Scorers.Count == 0 ? installed : Validation is null ? Scorers : [.. Scorers, .. _controls.Intersect(installed)];
        foreach (string name in names.Distinct())
        {
            if (plugins.TryResolve(ExportKind.Scorer, name, out InstalledExport? found, out Problem? problem))
            {
                bound.Add(BoundScorer.Create(found, host, [.. Settings.Where(setting => setting.Scorer == name).Select(Scalars)], problems));
            }
            else
            {
                problems.Add(problem);
            }
        }

        problems.AddRange(Settings.Where(setting => !names.Contains(setting.Scorer)).Select(setting => new Problem(
            ErrorCodes.UnknownParameter, $"'{setting.Scorer}.{setting.Option}' is set, and '{setting.Scorer}' is not among the scorers",
            Suggestion.Hint(setting.Scorer, names, $"scorers are {string.Join(", ", names)}"))));
        return problems.Count == 0 ? bound : throw new MergeHostException([.. problems.Select(problem => problem with { Place = null })]);
    }

    private static (YamlScalar Name, YamlScalar Value) Scalars(ScorerSetting setting) =>
        (new YamlScalar(setting.Option, IsPlain: true, _place), new YamlScalar(setting.Value, IsPlain: true, _place));
}

/// <summary>An option of a scorer.</summary>
/// <param name="Scorer">The scorer.</param>
/// <param name="Option">The option's name in recipes.</param>
/// <param name="Value">Its value, as recipes have it.</param>
public sealed record ScorerSetting(string Scorer, string Option, string Value);

/// <summary>Asks for a check of scores by benchmarks: units of the adapted model are set to the base's, and what that changes is measured.</summary>
/// <param name="SuitePath">The suite; its general tasks tell what comes back, the others what of the training's gain is lost.</param>
/// <param name="Tasks">The tasks that take part; none for all.</param>
public sealed record ValidationRequest(string SuitePath, IReadOnlyList<string> Tasks)
{
    /// <summary>Whether whole layers are swapped; else single weight matrices.</summary>
    public bool ByLayer { get; init; }
}
