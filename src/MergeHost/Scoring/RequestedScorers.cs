using MergeHost.Options;
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
    /// <param name="request">What is asked for; where no scorer is named, all that need nothing more than two models.</param>
    /// <param name="plugins">What is installed.</param>
    /// <param name="host">Creates it.</param>
    /// <param name="open">Opens checkpoints that options name.</param>
    /// <param name="problems">Receives what is wrong, and has what was wrong with checkpoints.</param>
    /// <exception cref="MergeHostException">There is no such scorer, or an option is wrong.</exception>
    public static IReadOnlyList<BoundScorer> Bind(ScoreRequest request, PluginSet plugins, PluginHost host, AuxiliaryOpener open,
        List<Problem> problems)
    {
        List<BoundScorer> bound = [];
        string[] installed = [.. plugins.Exports(ExportKind.Scorer).Select(export => export.Export.Id)];
        IReadOnlyList<string> names = request.Scorers.Count == 0
            ? installed
            : request.Validation is null ? request.Scorers : [.. request.Scorers, .. _controls.Intersect(installed)];
        foreach (string name in names.Distinct())
        {
            if (plugins.TryResolve(ExportKind.Scorer, name, out InstalledExport? found, out Problem? problem))
            {
                (YamlScalar Name, YamlScalar Value)[] settings = [.. request.Settings.Where(setting => setting.Scorer == name)
                    .Select(Scalars)];
                bound.AddRange(request.Scorers.Count == 0 && settings.Length == 0 && NeedsMore(found, host)
                    ? []
                    : [BoundScorer.Create(found, host, settings, open, problems)]);
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

    private static bool NeedsMore(InstalledExport scorer, PluginHost host) =>
        new OptionsSchema(host.Create<ILayerScorer>(scorer).OptionsType, scorer).Options.Any(option => option.IsRequired);

    private static (YamlScalar Name, YamlScalar Value) Scalars(ScorerSetting setting) =>
        (new YamlScalar(setting.Option, IsPlain: true, _place), new YamlScalar(setting.Value, IsPlain: true, _place));
}
