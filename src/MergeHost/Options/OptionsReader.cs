using System.Collections;
using MergeHost.Storage.Text;

namespace MergeHost.Options;

/// <summary>Reads the options of one thing that a recipe names: a scorer, a transform, a builder.</summary>
/// <param name="owner">Whose they are, for messages.</param>
/// <param name="problems">Receives what is wrong.</param>
/// <param name="readModel">Reads what stands for a model, and gives its name; <see langword="null"/> where options name no models.</param>
/// <param name="open">Opens checkpoints beside models; <see langword="null"/> where options name none.</param>
internal sealed class OptionsReader(string owner, List<Problem> problems, Func<YamlNode, string?>? readModel = null,
    AuxiliaryOpener? open = null)
{
    /// <inheritdoc cref="Read(OptionsSchema, IReadOnlyList{ValueTuple{YamlScalar, YamlNode}}, TextPlace?)"/>
    public static object Read(
        OptionsSchema schema, string owner, IReadOnlyList<(YamlScalar Name, YamlNode Value)> settings, TextPlace? place,
        List<Problem> problems) =>
        new OptionsReader(owner, problems).Read(schema, settings, place);

    /// <summary>Makes a record.</summary>
    /// <param name="schema">The options there are.</param>
    /// <param name="settings">What the user says of them.</param>
    /// <param name="place">Where the owner is named, or <see langword="null"/>.</param>
    /// <returns>The record; of use only if no problem was added.</returns>
    public object Read(OptionsSchema schema, IReadOnlyList<(YamlScalar Name, YamlNode Value)> settings, TextPlace? place)
    {
        int before = problems.Count;
        string[] known = [.. schema.Options.Select(option => option.Name)];
        foreach ((YamlScalar name, _) in settings.Where(setting => !known.Contains(setting.Name.Text)))
        {
            string otherwise = known.Length == 0 ? "it has none" : $"it has {string.Join(", ", known)}";
            problems.Add(new Problem(ErrorCodes.UnknownParameter, $"'{owner}' has no option '{name.Text}'",
                Suggestion.Hint(name.Text, known, otherwise), name.Place));
        }

        object options = schema.Create(
            option =>
            {
                // An option that is left empty says nothing, as if it were not there.
                if (settings.FirstOrDefault(setting => setting.Name.Text == option.Name).Value is { } node
                    and not YamlScalar { IsNull: true })
                {
                    return Value(schema, option, node) ?? option.Default;
                }

                if (option.IsRequired)
                {
                    problems.Add(new Problem(ErrorCodes.Missing, $"option '{option.Name}' of '{owner}' is missing", null, place));
                }

                return option.Default;
            },
            place);
        if (problems.Count == before)
        {
            problems.AddRange(schema.Conflicts(owner, options, place));
        }

        return options;
    }

    // Paths start at the current folder, and then at the recipe's.
    private static string Find(YamlScalar file)
    {
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file.Place.Path))!, file.Text);
        return !File.Exists(file.Text) && File.Exists(beside) ? beside : file.Text;
    }

    // What cannot be read has been reported, and is null.
    private object? Value(OptionsSchema owner, OptionInfo option, YamlNode node)
    {
        if (option.IsModel && readModel is not null)
        {
            return readModel(node);
        }

        switch (node)
        {
            case YamlScalar scalar when option.IsAuxiliary && open is not null:
                return open(scalar);
            case YamlScalar scalar when option.IsFile:
                return Find(scalar);
            case YamlScalar scalar when option.Record is { } record && owner.Of(record) is var schema
                && schema.Options.FirstOrDefault(inner => inner.IsShortForm) is { } named:
                return Read(schema, [(scalar with { Text = named.Name }, scalar)], scalar.Place);
            case YamlScalar scalar:
                (object? value, Problem? problem) = option.Parse(scalar);
                problems.AddRange(problem is null ? [] : [problem]);
                return value;
            case YamlSequence sequence when option.Items is { } items:
                IList list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(items.Type))!;
                foreach (object item in sequence.Items.Select(item => Value(owner, items, item)).OfType<object>())
                {
                    list.Add(item);
                }

                return list;
            case YamlMapping mapping when option.Entries is { } entries:
                IDictionary dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>)
                    .MakeGenericType(typeof(string), entries.Type))!;
                foreach ((YamlScalar key, YamlNode entry) in mapping.Entries)
                {
                    // An entry that is left empty has the defaults.
                    dictionary[key.Text] = Value(owner, entries,
                        entry is YamlScalar { IsNull: true } ? new YamlMapping([], entry.Place) : entry)
                            ?? Activator.CreateInstance(entries.Type);
                }

                return dictionary;
            case YamlMapping mapping when option.Record is { } record:
                return Read(owner.Of(record), mapping.Entries, mapping.Place);
            default:
                string expected = option.Items is not null
                    ? "a list"
                    : option.Record is not null || option.Entries is not null ? "a mapping" : "a single value";
                problems.Add(new Problem(ErrorCodes.WrongType, $"{option.Name} is {node.Kind}; it must be {expected}", null, node.Place));
                return null;
        }
    }
}
