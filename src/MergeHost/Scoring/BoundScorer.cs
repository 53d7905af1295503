using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Recipes;

namespace MergeHost.Scoring;

/// <summary>A scorer with its options.</summary>
/// <param name="Installed">Where it comes from.</param>
/// <param name="Scorer">The scorer.</param>
/// <param name="Options">The record of its options.</param>
internal sealed record BoundScorer(InstalledExport Installed, ILayerScorer Scorer, object Options)
{
    /// <summary>Its name in recipes.</summary>
    public string Id => Installed.Export.Id;

    /// <summary>Creates a scorer and reads its options.</summary>
    /// <param name="installed">The scorer.</param>
    /// <param name="host">Creates it.</param>
    /// <param name="settings">What the user says of its options.</param>
    /// <param name="problems">Receives what is wrong with them.</param>
    public static BoundScorer Create(
        InstalledExport installed, PluginHost host, IReadOnlyList<(YamlScalar Name, YamlScalar Value)> settings, List<Problem> problems)
    {
        ILayerScorer scorer = host.Create<ILayerScorer>(installed);
        OptionsSchema schema = new(scorer.OptionsType);
        string[] known = [.. schema.Options.Select(option => option.Name)];
        foreach ((YamlScalar name, _) in settings.Where(setting => !known.Contains(setting.Name.Text)))
        {
            string otherwise = known.Length == 0 ? "it has none" : $"it has {string.Join(", ", known)}";
            problems.Add(new Problem(ErrorCodes.UnknownParameter, $"'{installed.Export.Id}' has no option '{name.Text}'",
                Suggestion.Hint(name.Text, known, otherwise), name.Place));
        }

        object options = schema.Create(option =>
        {
            if (settings.FirstOrDefault(setting => setting.Name.Text == option.Name).Value is not { } scalar)
            {
                return Absent(installed, option, problems);
            }

            (object? value, Problem? problem) = option.Parse(scalar);
            problems.AddRange(problem is null ? [] : [problem]);
            return value;
        });
        return new BoundScorer(installed, scorer, options);
    }

    /// <summary>Its options as recipes have them.</summary>
    public IReadOnlyDictionary<string, string> OptionTexts =>
        new OptionsSchema(Scorer.OptionsType).Options.ToDictionary(option => option.Name, option => OptionInfo.Format(option.Property.GetValue(Options)));

    private static object? Absent(InstalledExport installed, OptionInfo option, List<Problem> problems)
    {
        if (option.IsRequired)
        {
            problems.Add(new Problem(ErrorCodes.Missing, $"option '{option.Name}' of '{installed.Export.Id}' is missing"));
        }

        return option.Default;
    }
}
