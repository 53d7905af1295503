using System.Globalization;
using MergeHost.Storage.Text;
using MergeHost.Yaml;

namespace MergeHost.Evaluation.Settings;

/// <summary>All settings of a method: every combination of what is to be tried.</summary>
/// <remarks>
/// Wherever a recipe has a value, a method may have <c>{from: 0.1, to: 0.9, step: 0.1}</c> or <c>{try: [a, b]}</c>. One that is named by an
/// anchor and repeated by aliases is one choice, the same in all places.
/// </remarks>
internal sealed class SettingGrid
{
    private const int MostSettings = 1000;

    private readonly List<Problem> _problems;
    private readonly Dictionary<YamlNode, Axis> _axes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<YamlNode, Axis> _tuned = new(ReferenceEqualityComparer.Instance);

    private SettingGrid(List<Problem> problems)
    {
        _problems = problems;
    }

    /// <summary>A method with its settings, or with what is tuned of it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="method">Its fields.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static StudyMethod Method(string name, YamlMapping method, List<Problem> problems)
    {
        SettingGrid grid = new(problems);
        grid.Find(method, []);
        if (grid._tuned.Count == 0)
        {
            return new StudyMethod(name, Of(method, problems));
        }

        if (grid._axes.Count > 0)
        {
            problems.Add(new Problem(ErrorCodes.Conflict, $"method '{name}' both tries and tunes", "Make it two methods.", method.Place));
        }

        Axis[] tuned = [.. grid._tuned.Values];
        return new StudyMethod(name, [])
        {
            Tuned = new TunedMethod(method, [.. tuned.Select(axis => grid.ReadCoefficient(Name(axis, tuned), (YamlMapping)axis.Node))])
        };
    }

    /// <summary>The settings of a method of which nothing is tuned.</summary>
    /// <param name="method">Its fields.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <returns>At least one, if nothing is wrong.</returns>
    public static IReadOnlyList<StudySetting> Of(YamlMapping method, List<Problem> problems)
    {
        SettingGrid grid = new(problems);
        grid.Find(method, []);
        Axis[] axes = [.. grid._axes.Values];
        if (axes.Aggregate(1L, (count, axis) => Math.Min(MostSettings + 1, count * axis.Values.Count)) > MostSettings)
        {
            problems.Add(new Problem(ErrorCodes.ValueOutOfRange, $"the combinations are more than {MostSettings:N0} settings",
                "Try fewer values.", method.Place));
            return [];
        }

        IEnumerable<Dictionary<YamlNode, YamlNode>> combinations = [new Dictionary<YamlNode, YamlNode>(ReferenceEqualityComparer.Instance)];
        foreach (Axis axis in axes)
        {
            combinations = combinations.SelectMany(_ => axis.Values, (known, value) =>
                new Dictionary<YamlNode, YamlNode>(known, ReferenceEqualityComparer.Instance) { [axis.Node] = value });
        }

        return [.. combinations.Select(chosen =>
            new StudySetting(axes.ToDictionary(axis => Name(axis, axes), axis => YamlText.Of(chosen[axis.Node])),
                (YamlMapping)Put(method, chosen)))];
    }

    /// <summary>A node with some nodes in it replaced.</summary>
    public static YamlNode Put(YamlNode node, Dictionary<YamlNode, YamlNode> chosen) => node switch
    {
        _ when chosen.TryGetValue(node, out YamlNode? value) => value,
        YamlMapping mapping => mapping with { Entries = [.. mapping.Entries.Select(entry => (entry.Key, Put(entry.Value, chosen)))] },
        YamlSequence sequence => sequence with { Items = [.. sequence.Items.Select(item => Put(item, chosen))] },
        _ => node,
    };

    private void Find(YamlNode node, string[] path)
    {
        switch (node)
        {
            case YamlMapping { Entries: [{ Key.Text: "tune" }] } tune:
                _tuned.TryAdd(tune, new Axis(tune, path, []));
                break;
            case YamlMapping mapping when mapping.Entries.Any(entry => entry.Key.Text is "from" or "try"):
                _axes.TryAdd(mapping, new Axis(mapping, path, ReadValues(mapping)));
                break;
            case YamlMapping mapping:
                foreach ((YamlScalar key, YamlNode value) in mapping.Entries)
                {
                    Find(value, [.. path, key.Text]);
                }

                break;
            case YamlSequence sequence:
                foreach ((int index, YamlNode item) in sequence.Items.Index())
                {
                    Find(item, [.. path, index.ToString(CultureInfo.InvariantCulture)]);
                }

                break;
        }
    }

    private Coefficient ReadCoefficient(string name, YamlMapping tune)
    {
        if (tune.Entries[0].Value is YamlSequence { Items: [YamlScalar first, YamlScalar last] }
            && double.TryParse(first.Text, CultureInfo.InvariantCulture, out double low)
            && double.TryParse(last.Text, CultureInfo.InvariantCulture, out double high)
            && high - low is >= 0.01 and < double.PositiveInfinity)
        {
            return new Coefficient(name, tune, low, high);
        }

        _problems.Add(new Problem(ErrorCodes.ValueOutOfRange, "expected between which numbers to tune", "Write `{tune: [0, 1]}`.",
            tune.Place));
        return new Coefficient(name, tune, 0, 1);
    }

    private IReadOnlyList<YamlNode> ReadValues(YamlMapping choice)
    {
        if (choice.Entries is [{ Key.Text: "try", Value: YamlSequence { Items.Count: > 0 } several }])
        {
            return several.Items;
        }

        if (choice.Entries.Select(entry => entry.Key.Text).Order(StringComparer.Ordinal).SequenceEqual(["from", "step", "to"]))
        {
            return ReadRange(choice);
        }

        _problems.Add(new Problem(ErrorCodes.WrongType, "expected what is to be tried",
            "Write `{from: 0.1, to: 0.9, step: 0.1}` or `{try: [a, b]}`.", choice.Place));
        return [];
    }

    private List<YamlNode> ReadRange(YamlMapping range)
    {
        decimal from = Number(range, "from");
        decimal to = Number(range, "to");
        decimal step = Number(range, "step");
        if (step <= 0 || to < from || (to - from) / step > MostSettings)
        {
            _problems.Add(new Problem(ErrorCodes.ValueOutOfRange,
                $"from {from} to {to} by {step} is no range of at most {MostSettings:N0} values",
                "Write `{from: 0.1, to: 0.9, step: 0.1}`.", range.Place));
            return [];
        }

        List<YamlNode> values = [];
        for (decimal value = from; value <= to; value += step)
        {
            values.Add(new YamlScalar(value.ToString(CultureInfo.InvariantCulture), IsPlain: true, range.Place));
        }

        return values;
    }

    private decimal Number(YamlMapping range, string key)
    {
        if (range.Find(key) is YamlScalar scalar
            && decimal.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out decimal number))
        {
            return number;
        }

        _problems.Add(new Problem(ErrorCodes.WrongType, $"'{key}' must be a number", null, range.Place));
        return 0;
    }

    // The last word, unless others end with the same.
    private static string Name(Axis axis, Axis[] axes) =>
        axes.Count(other => other.Path[^1] == axis.Path[^1]) == 1 ? axis.Path[^1] : string.Join('.', axis.Path);

    private sealed record Axis(YamlNode Node, string[] Path, IReadOnlyList<YamlNode> Values);
}
