using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage.Text;

namespace MergeHost.Scoring;

/// <summary>Finds the scorers of a request, with their options.</summary>
internal static class RequestedScorers
{
    private static readonly string[] _controls = ["relative_change", "random"];

    // Problems of a command line have no place in a file.
    private static readonly TextPlace _place = new("", 0, 0);

    /// <summary>The scorers with their options.</summary>
    /// <exception cref="MergeHostException">There is no such scorer, or an option is wrong.</exception>
    public static IReadOnlyList<BoundScorer> Bind(ScoreRequest request, PluginSet plugins, PluginHost host)
    {
        List<Problem> problems = [];
        List<BoundScorer> bound = [];
        string[] installed = [.. plugins.Exports(ExportKind.Scorer).Select(export => export.Export.Id)];
        IReadOnlyList<string> names = request.Scorers.Count == 0 ? installed : request.Validation is null ? request.Scorers : [.. request.Scorers, .. _controls.Intersect(installed)];
        foreach (string name in names.Distinct())
        {
            if (plugins.TryResolve(ExportKind.Scorer, name, out InstalledExport? found, out Problem? problem))
            {
                bound.Add(BoundScorer.Create(found, host, [.. request.Settings.Where(setting => setting.Scorer == name).Select(Scalars)], problems));
            }
            else
            {
                problems.Add(problem);
            }
        }

        problems.AddRange(request.Settings.Where(setting => !names.Contains(setting.Scorer)).Select(setting => new Problem(
            ErrorCodes.UnknownParameter, $"'{setting.Scorer}.{setting.Option}' is set, and '{setting.Scorer}' is not among the scorers",
            Suggestion.Hint(setting.Scorer, names, $"scorers are {string.Join(", ", names)}"))));
        return problems.Count == 0 ? bound : throw new MergeHostException([.. problems.Select(problem => problem with { Place = null })]);
    }

    private static (YamlScalar Name, YamlScalar Value) Scalars(ScorerSetting setting) =>
        (new YamlScalar(setting.Option, IsPlain: true, _place), new YamlScalar(setting.Value, IsPlain: true, _place));
}
