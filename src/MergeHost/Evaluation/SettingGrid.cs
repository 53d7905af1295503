using System.Globalization;
using MergeHost.Recipes;

namespace MergeHost.Evaluation;

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

    private SettingGrid(List<Problem> problems)
    {
        _problems = problems;
    }

    /// <summary>The settings of a method.</summary>
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
            problems.Add(new Problem(ErrorCodes.ValueOutOfRange, $"the combinations are more than {MostSettings:N0} settings", "Try fewer values.", method.Place));
            return [];
        }

        IEnumerable<Dictionary<YamlNode, YamlNode>> combinations = [new Dictionary<YamlNode, YamlNode>(ReferenceEqualityComparer.Instance)];
        foreach (Axis axis in axes)
        {
            combinations = combinations.SelectMany(_ => axis.Values, (known, value) =>
                new Dictionary<YamlNode, YamlNode>(known, ReferenceEqualityComparer.Instance) { [axis.Node] = value });
        }

        return [.. combinations.Select(chosen => new StudySetting(axes.ToDictionary(axis => Name(axis, axes), axis => YamlText.Of(chosen[axis.Node])), (YamlMapping)Put(method, chosen)))];
    }

    private void Find(YamlNode node, string[] path)
    {
        switch (node)
        {
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

        _problems.Add(new Problem(ErrorCodes.WrongType, "expected what is to be tried", "Write `{from: 0.1, to: 0.9, step: 0.1}` or `{try: [a, b]}`.", choice.Place));
        return [];
    }

    private List<YamlNode> ReadRange(YamlMapping range)
    {
        decimal from = Number(range, "from");
        decimal to = Number(range, "to");
        decimal step = Number(range, "step");
        if (step <= 0 || to < from || (to - from) / step > MostSettings)
        {
            _problems.Add(new Problem(ErrorCodes.ValueOutOfRange, $"from {from} to {to} by {step} is no range of at most {MostSettings:N0} values", "Write `{from: 0.1, to: 0.9, step: 0.1}`.", range.Place));
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
            && decimal.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return number;
        }

        _problems.Add(new Problem(ErrorCodes.WrongType, $"'{key}' must be a number", null, range.Place));
        return 0;
    }

    // The last word, unless others end with the same.
    private static string Name(Axis axis, Axis[] axes) =>
        axes.Count(other => other.Path[^1] == axis.Path[^1]) == 1 ? axis.Path[^1] : string.Join('.', axis.Path);

    private static YamlNode Put(YamlNode node, Dictionary<YamlNode, YamlNode> chosen) => node switch
    {
        _ when chosen.TryGetValue(node, out YamlNode? value) => value,
        YamlMapping mapping => mapping with { Entries = [.. mapping.Entries.Select(entry => (entry.Key, Put(entry.Value, chosen)))] },
        YamlSequence sequence => sequence with { Items = [.. sequence.Items.Select(item => Put(item, chosen))] },
        _ => node,
    };

    private sealed record Axis(YamlNode Node, string[] Path, IReadOnlyList<YamlNode> Values);
}
