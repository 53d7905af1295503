using MergeHost.Storage.Text;

namespace MergeHost.Options;

/// <summary>Reads the options of one thing that a recipe names: a scorer, a transform.</summary>
internal static class OptionsReader
{
    /// <summary>Makes a record.</summary>
    /// <param name="schema">The options there are.</param>
    /// <param name="owner">Whose they are, for messages.</param>
    /// <param name="settings">What the user says of them.</param>
    /// <param name="place">Where the owner is named, or <see langword="null"/>.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <returns>The record; of use only if no problem was added.</returns>
    public static object Read(
        OptionsSchema schema, string owner, IReadOnlyList<(YamlScalar Name, YamlNode Value)> settings, TextPlace? place, List<Problem> problems)
    {
        string[] known = [.. schema.Options.Select(option => option.Name)];
        foreach ((YamlScalar name, _) in settings.Where(setting => !known.Contains(setting.Name.Text)))
        {
            string otherwise = known.Length == 0 ? "it has none" : $"it has {string.Join(", ", known)}";
            problems.Add(new Problem(ErrorCodes.UnknownParameter, $"'{owner}' has no option '{name.Text}'",
                Suggestion.Hint(name.Text, known, otherwise), name.Place));
        }

        return schema.Create(option =>
        {
            switch (settings.FirstOrDefault(setting => setting.Name.Text == option.Name).Value)
            {
                case YamlScalar scalar:
                    (object? value, Problem? problem) = option.Parse(scalar);
                    problems.AddRange(problem is null ? [] : [problem]);
                    return value;
                case { } node:
                    problems.Add(new Problem(ErrorCodes.WrongType, $"{option.Name} is {node.Kind}; it must be a single value", null, node.Place));
                    return option.Default;
                default:
                    if (option.IsRequired)
                    {
                        problems.Add(new Problem(ErrorCodes.Missing, $"option '{option.Name}' of '{owner}' is missing", null, place));
                    }

                    return option.Default;
            }
        });
    }
}
