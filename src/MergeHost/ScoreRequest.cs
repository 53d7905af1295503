using MergeHost.Plugins;
using MergeHost.Recipes;
using MergeHost.Scoring;

namespace MergeHost;

/// <summary>The scorers that are asked for.</summary>
/// <param name="Scorers">Their names, each once; none for all that are installed.</param>
/// <param name="Settings">What is said of their options; the rest have their defaults.</param>
public sealed record ScoreRequest(IReadOnlyList<string> Scorers, IReadOnlyList<ScorerSetting> Settings)
{
    // Problems of a command line have no place in a file.
    private static readonly TextPlace _place = new("", 0, 0);

    internal IReadOnlyList<BoundScorer> Bind(PluginSet plugins, PluginHost host)
    {
        List<Problem> problems = [];
        List<BoundScorer> bound = [];
        IReadOnlyList<string> names = Scorers.Count > 0 ? Scorers : [.. plugins.Exports(ExportKind.Scorer).Select(installed => installed.Export.Id)];
        foreach (string name in names.Distinct())
        {
            if (plugins.TryResolve(ExportKind.Scorer, name, out InstalledExport? installed, out Problem? problem))
            {
                bound.Add(BoundScorer.Create(installed, host, [.. Settings.Where(setting => setting.Scorer == name).Select(Scalars)], problems));
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
